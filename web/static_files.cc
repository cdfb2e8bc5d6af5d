#include "web/static_files.h"

#include <array>
#include <filesystem>
#include <stdexcept>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/secrets.h"
#include "web/content_coding.h"

namespace web {
namespace {

constexpr std::string_view kUrlPrefix = "/static/";

Response not_found() { return Response::error(HttpError(404, "not_found", "Not found.")); }

// Segments that are neither empty nor hidden (which "." and ".." are too); no backslash, no
// control character.
bool is_servable_name(std::string_view name) {
  for (const char c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == '\\' || c == 0x7F) return false;
  while (true) {
    const std::size_t slash = name.find('/');
    const std::string_view segment = name.substr(0, slash);
    if (segment.empty() || segment.front() == '.') return false;
    if (slash == std::string_view::npos) return true;
    name.remove_prefix(slash + 1);
  }
}

// "css/site.css" -> "css/site.<hash>.css"
std::string with_hash(std::string_view name, std::string_view hash) {
  const std::size_t dot = name.rfind('.');
  return std::string(name.substr(0, dot)) + "." + std::string(hash) + std::string(name.substr(dot));
}

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
};

// Opens what is below `folder` only: no link leads out of it.
int open_beneath(int folder, const std::string& name) {
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(::syscall(SYS_openat2, folder, name.c_str(), &how, sizeof how));
}

std::optional<std::string> read_regular_file(int descriptor) {
  struct stat info {};
  if (descriptor < 0 || ::fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode))
    return std::nullopt;
  std::string bytes;
  std::array<char, 64 * 1024> block{};
  for (ssize_t n; (n = ::read(descriptor, block.data(), block.size())) != 0;) {
    if (n < 0) return std::nullopt;
    bytes.append(block.data(), static_cast<std::size_t>(n));
  }
  return bytes;
}

bool is_compressible(std::string_view type) {
  return type.find("charset=utf-8") != std::string_view::npos || type == "image/svg+xml" ||
         type == "application/json" || type == "application/manifest+json";
}

// RFC 9110, 13.1.2: a list of entity tags, compared weakly.
bool matches(std::string_view if_none_match, std::string_view tag) {
  return if_none_match == "*" || if_none_match.find(tag) != std::string_view::npos;
}

}  // namespace

std::string_view content_type_of(std::string_view name) {
  struct Known {
    std::string_view ending, type;
  };
  static constexpr std::array<Known, 18> kKnown = {{
      {".css", "text/css; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".txt", "text/plain; charset=utf-8"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".jpeg", "image/jpeg"},
      {".gif", "image/gif"},
      {".webp", "image/webp"},
      {".avif", "image/avif"},
      {".ico", "image/x-icon"},
      {".woff", "font/woff"},
      {".woff2", "font/woff2"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".webmanifest", "application/manifest+json"},
      {".pdf", "application/pdf"},
  }};
  for (const Known& known : kKnown)
    if (name.ends_with(known.ending)) return known.type;
  return "";
}

void StaticFiles::add(StaticFolder folder) {
  std::error_code absent;
  if (live_ && std::filesystem::is_directory(folder.source, absent))
    sources_.push_back({folder.source, folder.prefix});
  for (const EmbeddedAsset& asset : folder.files) {
    const std::string name = folder.prefix + std::string(asset.name);
    if (content_type_of(name).empty())
      throw std::invalid_argument("the static file " + name +
                                  " has a type that is not served; see content_type_of()");
    if (!entries_.try_emplace(name, Entry{asset, false}).second) continue;
    const std::string hashed = with_hash(name, asset.hash);
    entries_.try_emplace(hashed, Entry{asset, true});
    hashed_names_.try_emplace(name, hashed);
  }
}

std::optional<std::string> StaticFiles::read(std::string_view name) const {
  for (const Source& source : sources_) {
    if (!name.starts_with(source.prefix)) continue;
    const File folder(::open(source.folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    const File file(
        open_beneath(folder.descriptor(), std::string(name.substr(source.prefix.size()))));
    if (auto bytes = read_regular_file(file.descriptor())) return bytes;
  }
  return std::nullopt;
}

std::string StaticFiles::url(std::string_view name) const {
  if (is_servable_name(name) && !sources_.empty() && read(name))
    return std::string(kUrlPrefix).append(name);
  const auto found = hashed_names_.find(name);
  if (found == hashed_names_.end())
    throw std::invalid_argument("there is no static file \"" + std::string(name) + "\"");
  return std::string(kUrlPrefix) + found->second;
}

Response StaticFiles::serve(const Request& request, std::string_view name) const {
  const std::string_view type = content_type_of(name);
  if (!is_servable_name(name) || type.empty()) return not_found();
  EmbeddedAsset asset{};
  bool immutable = false;
  std::string bytes;
  std::string hash;
  if (auto on_disk = sources_.empty() ? std::nullopt : read(name)) {
    bytes = *std::move(on_disk);
    hash = base::to_hex(base::sha256(bytes)).substr(0, 12);
    asset = {.name = name, .hash = hash, .bytes = bytes, .gzip = {}, .brotli = {}};
  } else {
    const auto found = entries_.find(name);
    if (found == entries_.end()) return not_found();
    asset = found->second.asset;
    immutable = found->second.immutable;
  }
  const std::string tag = "\"" + std::string(asset.hash) + "\"";
  Response response(200);
  response.header("ETag", "W/" + tag);  // weak: the same for each coding
  response.header("Cache-Control", immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (is_compressible(type)) response.header("Vary", "Accept-Encoding");
  if (matches(request.raw().header_list("If-None-Match"), tag)) {
    response.status = 304;
    return response;
  }
  response.header("Content-Type", type);
  ContentCoding coding = choose_coding(request.raw().header_list("Accept-Encoding"));
  std::string_view body = coding == ContentCoding::brotli ? asset.brotli : asset.gzip;
  if (coding == ContentCoding::identity || body.empty() || !is_compressible(type)) {
    coding = ContentCoding::identity;
    body = asset.bytes;
  }
  if (coding != ContentCoding::identity) response.header("Content-Encoding", coding_name(coding));
  response.body = body;
  return response;
}

}  // namespace web
