#include "web/form_data.h"

#include <cerrno>
#include <memory>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "net/text.h"
#include "web/multipart.h"
#include "web/request.h"

namespace web {
namespace {

[[noreturn]] void malformed(const std::string& reason) {
  throw HttpError(400, "malformed_form", "The form " + reason + ".");
}

std::string decode(std::string_view text) {
  auto decoded = net::percent_decode(text, /*plus_is_space=*/true);
  if (!decoded) malformed("is not valid percent-encoded UTF-8");
  return *std::move(decoded);
}

FormData parse(Request& request) {
  if (request.body().empty()) return {};
  const std::string_view header = request.header("Content-Type").value_or("");
  const std::string_view type = header.substr(0, header.find_first_of("; \t"));
  FormLimits limits;
  if (const Route* const route = request.route())
    limits.fields = route->max_fields.value_or(limits.fields);
  if (net::equals_ignoring_case(type, "application/x-www-form-urlencoded"))
    return parse_urlencoded(request.uncompressed_body(), limits);
  if (net::equals_ignoring_case(type, "multipart/form-data"))
    return parse_multipart(request.uncompressed_body(), header, limits);
  throw HttpError(415, "unsupported_media_type",
                  "The body must be sent as application/x-www-form-urlencoded or "
                  "multipart/form-data.");
}

}  // namespace

void UploadedFile::save_to(const std::string& path) const {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
  const auto fail = [&path, fd] {
    const std::error_code error(errno, std::generic_category());
    if (fd >= 0) {
      ::close(fd);
      ::unlink(path.c_str());
    }
    throw std::system_error(error, "the uploaded file cannot be written to " + path);
  };
  if (fd < 0) fail();
  for (std::string_view rest = content; !rest.empty();) {
    const ssize_t written = ::write(fd, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail();
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(fd) != 0) fail();
  ::close(fd);
}

std::optional<std::string_view> FormData::get(std::string_view name) const {
  for (const auto& [key, value] : fields_) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::vector<std::string_view> FormData::get_all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : fields_) {
    if (key == name) values.push_back(value);
  }
  return values;
}

const UploadedFile* FormData::file(std::string_view name) const {
  for (const UploadedFile& file : files_) {
    if (file.field == name) return &file;
  }
  return nullptr;
}

std::vector<const UploadedFile*> FormData::files(std::string_view name) const {
  std::vector<const UploadedFile*> found;
  for (const UploadedFile& file : files_) {
    if (file.field == name) found.push_back(&file);
  }
  return found;
}

const FormData& form(Request& request) {
  using Parsed = std::shared_ptr<const FormData>;
  if (const Parsed* const parsed = request.get<Parsed>()) return **parsed;
  return *request.set<Parsed>(std::make_shared<const FormData>(parse(request)));
}

FormData parse_urlencoded(std::string_view body, const FormLimits& limits) {
  FormData data;
  while (!body.empty()) {
    const std::size_t end = body.find('&');
    const std::string_view pair = body.substr(0, end);
    body = end == std::string_view::npos ? std::string_view() : body.substr(end + 1);
    if (pair.empty()) continue;
    if (data.fields().size() == limits.fields)
      malformed("has more than " + std::to_string(limits.fields) + " fields");
    const std::size_t equals = pair.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    data.add(decode(pair.substr(0, equals)), decode(value));
  }
  return data;
}

FormData parse_multipart(std::string_view body, std::string_view content_type,
                         const FormLimits& limits) {
  FormData data;
  std::size_t field_bytes = 0;
  Multipart parts(body, content_type, limits);
  while (auto part = parts.next()) {
    if (part->is_file) {
      // A file input in which nothing was chosen.
      if (part->file_name.empty() && part->content.empty()) continue;
      if (data.all_files().size() == limits.files)
        malformed("has more than " + std::to_string(limits.files) + " files");
      data.add_file({.field = std::move(part->name),
                     .client_name = std::move(part->file_name),
                     .content_type = std::move(part->content_type),
                     .content = part->content});
      continue;
    }
    if (data.fields().size() == limits.fields)
      malformed("has more than " + std::to_string(limits.fields) + " fields");
    field_bytes += part->name.size() + part->content.size();
    if (field_bytes > limits.field_bytes)
      malformed("has more than " + std::to_string(limits.field_bytes) + " bytes of text");
    if (!net::is_valid_utf8(part->content) || part->content.find('\0') != std::string_view::npos)
      malformed("has a field that is not UTF-8");
    data.add(std::move(part->name), std::string(part->content));
  }
  return data;
}

}  // namespace web
