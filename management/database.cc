#include "management/database.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dynamodb/aws/aws_client.h"
#include "dynamodb/aws/configured_options.h"
#include "dynamodb/local/connect.h"
#include "management/command.h"
#include "net/aws/credentials.h"

namespace management {
namespace {

constexpr std::string_view kLocal = "local:";
constexpr std::string_view kMemory = "local::memory:";

bool is_local(const base::DynamoBackendSettings& settings) {
  return settings.endpoint_url && settings.endpoint_url->starts_with(kLocal);
}

// What the settings say counts before AWS's variables and files.
dynamodb::aws::AwsOptions aws_options(const base::DynamoBackendSettings& settings) {
  dynamodb::aws::AwsOptions options;
  try {
    options = dynamodb::aws::configured_options();
  } catch (const std::invalid_argument& error) {
    throw CommandError(error.what());
  }
  if (!settings.region.empty()) options.region = settings.region;
  options.credentials.region = options.region;
  if (settings.endpoint_url) {
    options.endpoint_url = *settings.endpoint_url;
    options.streams_endpoint_url.clear();
  }
  options.credentials.explicit_credentials =
      net::aws::settings_credentials(settings.aws_access_key_id, settings.aws_secret_access_key);
  return options;
}

std::unique_ptr<dynamodb::Client> open_client(const base::DynamoBackendSettings& settings) {
  try {
    if (!is_local(settings))
      return std::make_unique<dynamodb::aws::AwsClient>(aws_options(settings));
    return dynamodb::local::open_or_connect({.directory = data_folder(settings).value_or("")});
  } catch (const dynamodb::local::OpenException& error) {
    throw CommandError(error.what());
  } catch (const std::invalid_argument& error) {  // an endpoint or a region that is none
    throw CommandError(std::string("dynamo_backend: ") + error.what());
  }
}

}  // namespace

Database::Database(const base::DynamoBackendSettings& settings, std::string secret)
    : client_(open_client(settings)) {
  connection_.emplace(*client_, dynamo_backend::connection_options(settings, std::move(secret)));
  dynamo_backend::Connection::set_current(&*connection_);
}

Database::~Database() { dynamo_backend::Connection::set_current(nullptr); }

void check_endpoint(const base::DynamoBackendSettings& settings) {
  if (is_local(settings)) return;
  if (settings.aws_access_key_id.empty() != settings.aws_secret_access_key.empty())
    throw CommandError(
        "dynamo_backend.aws_access_key_id and aws_secret_access_key go together; set both, or none "
        "for AWS's credential chain");
  const auto options = aws_options(settings);
  if (options.endpoint_url.empty() && options.region.empty())
    throw CommandError(
        "dynamo_backend.endpoint_url is not set, which means AWS, and that needs a region: set "
        "dynamo_backend.region or AWS_REGION, or endpoint_url = \"local:<folder>\"");
}

std::string database_name(const base::DynamoBackendSettings& settings) {
  const auto options = is_local(settings) ? dynamodb::aws::AwsOptions{} : aws_options(settings);
  const std::string endpoint = settings.endpoint_url.value_or(options.endpoint_url);
  if (endpoint.empty()) return "AWS (" + options.region + ")";
  return "dynamo_backend.endpoint_url \"" + endpoint + "\"";
}

std::optional<std::string> data_folder(const base::DynamoBackendSettings& settings) {
  const std::string endpoint = settings.endpoint_url.value_or("");
  if (!endpoint.starts_with(kLocal) || endpoint == kMemory) return std::nullopt;
  return endpoint.substr(kLocal.size());
}

std::string load_or_make_secret(const std::string& folder) {
  const std::string path = folder + "/secret_key";
  const auto fail = [&path](const std::string& doing) {
    throw CommandError(path + ": cannot " + doing + ": " + std::strerror(errno));
  };
  std::error_code ec;
  if (!std::filesystem::exists(folder, ec)) {
    std::filesystem::create_directories(folder, ec);
    if (ec) throw CommandError("the data directory " + folder + " cannot be made: " + ec.message());
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, ec);
  }
  // Written beside and linked into place: of two processes that start at once both read the one
  // that came first.
  if (::access(path.c_str(), F_OK) != 0) {
    unsigned char bytes[32];
    randombytes_buf(bytes, sizeof bytes);
    char hex[2 * sizeof bytes + 1];
    sodium_bin2hex(hex, sizeof hex, bytes, sizeof bytes);
    std::string temporary = path + ".XXXXXX";
    const int fd = ::mkostemp(temporary.data(), O_CLOEXEC);  // with mode 0600
    if (fd < 0) fail("be made");
    const bool written = ::write(fd, hex, sizeof hex - 1) == static_cast<ssize_t>(sizeof hex - 1) &&
                         ::fsync(fd) == 0;
    ::close(fd);
    if (!written || (::link(temporary.c_str(), path.c_str()) != 0 && errno != EEXIST)) {
      const int error = errno;
      ::unlink(temporary.c_str());
      errno = error;
      fail("be written");
    }
    ::unlink(temporary.c_str());
  }
  std::ifstream file(path);
  std::string secret;
  if (!file) fail("be read");
  std::getline(file, secret);
  if (secret.empty())
    throw CommandError(
        path + " is empty: write a long random text into it, or delete it to have one made");
  return secret;
}

}  // namespace management
