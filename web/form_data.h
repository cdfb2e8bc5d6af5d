// FormData: what an HTML form sent, as application/x-www-form-urlencoded or multipart/form-data.
//
//   const web::FormData& form = web::form(request);
//   const std::string_view title = form.get("title").value_or("");
//   if (const web::UploadedFile* cover = form.file("cover")) cover->save_to(path);
//
// A file is a part of the request's body: its contents are not copied. A body of more than 1 MiB is
// on disk from the moment it arrives (net::ServerLimits::body_in_memory); routes that take one
// raise their limit: `r.post(…).body_limit(50 << 20)`, and .field_limit() that of fields. What the
// browser says of a file (its name, its type) is the client's word: never a path, never to be
// trusted (web/uploads.h).
//
// Thread safety: one thread at a time, the request's. Views live as long as the request.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace web {

class Request;

struct FormLimits {
  std::size_t fields = 1000;
  std::size_t files = 100;
  std::size_t part_headers = 4 * 1024;    // bytes
  std::size_t boundary = 70;              // characters; RFC 2046
  std::size_t field_bytes = 1024 * 1024;  // of all fields of a multipart form, names and values
};

struct UploadedFile {
  std::string field{};
  std::string client_name{};   // without folders; may be anything, even empty
  std::string content_type{};  // as the client says
  std::string_view content{};

  // Writes it to a file of that path, which must not exist. Throws std::system_error.
  void save_to(const std::string& path) const;
};

class FormData {
 public:
  // The first value of that name; nullopt where there is none.
  std::optional<std::string_view> get(std::string_view name) const;
  std::vector<std::string_view> get_all(std::string_view name) const;
  bool has(std::string_view name) const { return get(name).has_value(); }
  // nullptr where there is none: nothing was chosen.
  const UploadedFile* file(std::string_view name) const;
  std::vector<const UploadedFile*> files(std::string_view name) const;

  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }
  const std::vector<UploadedFile>& all_files() const { return files_; }

  // For tests and for parsers.
  void add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }
  void add_file(UploadedFile file) { files_.push_back(std::move(file)); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_{};
  std::vector<UploadedFile> files_{};
};

// The request's form, parsed once; empty where it has no body. HttpError 415 where the body is no
// form; 400 "malformed_form" where it is malformed, not UTF-8, or over a limit.
const FormData& form(Request& request);

// The parsers. Both throw HttpError 400. Views of `body` are kept in the files.
FormData parse_urlencoded(std::string_view body, const FormLimits& limits = {});
// `content_type`: the header, with its boundary.
FormData parse_multipart(std::string_view body, std::string_view content_type,
                         const FormLimits& limits = {});

}  // namespace web
