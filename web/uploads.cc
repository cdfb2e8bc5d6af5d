#include "web/uploads.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <unistd.h>

#include "base/secrets.h"
#include "net/text.h"
#include "web/content_disposition.h"
#include "web/http_error.h"

namespace web {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kNameSize = 32;  // hexadecimal digits of 128 random bits

struct FileType {
  std::string_view extension;
  std::string_view content_type;
  std::string_view magic;   // its first bytes; empty: UTF-8 text
  std::string_view at_8{};  // and those from the eighth on
};

constexpr FileType kTypes[] = {
    {"png", "image/png", "\x89PNG\r\n\x1A\n"}, {"jpg", "image/jpeg", "\xFF\xD8\xFF"},
    {"jpeg", "image/jpeg", "\xFF\xD8\xFF"},    {"gif", "image/gif", "GIF8"},
    {"webp", "image/webp", "RIFF", "WEBP"},    {"pdf", "application/pdf", "%PDF-"},
    {"zip", "application/zip", "PK\x03\x04"},  {"txt", "text/plain; charset=utf-8", ""},
    {"csv", "text/csv; charset=utf-8", ""},
};

const FileType* find_type(std::string_view extension) {
  const auto* const found = std::find_if(
      std::begin(kTypes), std::end(kTypes),
      [&](const FileType& type) { return net::equals_ignoring_case(type.extension, extension); });
  return found == std::end(kTypes) ? nullptr : found;
}

std::string_view extension_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
}

bool has_bytes_of(const FileType& type, std::string_view content) {
  if (type.magic.empty())
    return net::is_valid_utf8(content) && content.find('\0') == std::string_view::npos;
  return content.starts_with(type.magic) &&
         (type.at_8.empty() ||
          content.substr(std::min<std::size_t>(8, content.size())).starts_with(type.at_8));
}

bool is_among(const std::vector<std::string>& extensions, std::string_view extension) {
  return std::any_of(extensions.begin(), extensions.end(), [&](const std::string& allowed) {
    return net::equals_ignoring_case(allowed, extension);
  });
}

bool is_name_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

Uploads::Uploads(UploadOptions options) : options_(std::move(options)) {
  for (const std::string& extension : options_.extensions) {
    if (!find_type(extension))
      throw std::invalid_argument("uploads of \"." + extension + "\" files cannot be allowed");
  }
  std::filesystem::create_directories(options_.folder);
}

std::string Uploads::problem(const UploadedFile& file) const {
  const std::string_view extension = extension_of(file.client_name);
  const FileType* const type =
      is_among(options_.extensions, extension) ? find_type(extension) : nullptr;
  if (!type) {
    std::string all;
    for (const std::string& allowed : options_.extensions)
      all += (all.empty() ? "" : ", ") + allowed;
    return "Choose a file of one of these types: " + all + ".";
  }
  if (file.content.empty()) return "The file is empty.";
  if (file.content.size() > options_.max_bytes)
    return "Choose a file of at most " + std::to_string(options_.max_bytes) + " bytes (it has " +
           std::to_string(file.content.size()) + ").";
  if (!has_bytes_of(*type, file.content))
    return "The file is not what its name says: it is no " + std::string(type->extension) +
           " file.";
  return {};
}

Upload Uploads::add(const UploadedFile& file) const {
  if (const std::string wrong = problem(file); !wrong.empty())
    throw HttpError(400, "invalid_upload", wrong);
  const FileType& type = *find_type(extension_of(file.client_name));
  Upload upload{
      .name = base::to_hex(base::random_bytes(kNameSize / 2)) + "." + std::string(type.extension),
      .content_type = std::string(type.content_type),
      .size = file.content.size()};
  file.save_to(path_of(upload.name));
  return upload;
}

std::string Uploads::path_of(std::string_view name) const {
  const bool ours = name.size() > kNameSize && name[kNameSize] == '.' &&
                    std::all_of(name.begin(), name.begin() + kNameSize, is_name_digit) &&
                    find_type(name.substr(kNameSize + 1)) != nullptr;
  return ours ? options_.folder + "/" + std::string(name) : std::string();
}

Response Uploads::serve(std::string_view name, std::string_view save_as) const {
  const std::string path = path_of(name);
  std::ifstream file(path, std::ios::binary);
  if (path.empty() || !file) throw HttpError(404, "not_found", "Not found.");
  std::string content(std::istreambuf_iterator<char>(file), {});
  const FileType& type = *find_type(extension_of(name));
  return Response::with_type(type.content_type, std::move(content))
      .header("Content-Disposition", attachment(save_as.empty() ? name : save_as))
      .header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
      .header("X-Content-Type-Options", "nosniff");
}

bool Uploads::remove(std::string_view name) const {
  const std::string path = path_of(name);
  if (path.empty()) return false;
  if (::unlink(path.c_str()) == 0) return true;
  if (errno == ENOENT) return false;
  throw std::system_error(errno, std::generic_category(), "the upload cannot be removed");
}

}  // namespace web
