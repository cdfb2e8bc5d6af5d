// Uploads: files that clients send, kept in a folder of their own (rule R3).
//
//   web::Uploads covers({.folder = "data/uploads", .extensions = {"png", "jpg"}});
//   const web::Upload cover = covers.add(*web::form(request).file("cover"));
//   post.cover = cover.name;                              // "1f0c…e9.png"
//   …
//   return covers.serve(post.cover);
//
// A file is kept under a random name; the client's is never part of a path. Its type is what its
// extension and its first bytes say together, whatever the client says. It is served as a file to
// save, under a policy that lets nothing in it run. The folder must not be one that is served as it
// is.
//
// Thread safety: any thread.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "web/form_data.h"
#include "web/response.h"

namespace web {

struct UploadOptions {
  std::string folder{};  // made where it is missing
  // Of: png jpg jpeg gif webp pdf txt csv zip. No markup: nothing that a browser would run.
  std::vector<std::string> extensions{"png", "jpg", "jpeg", "gif", "webp"};
  std::size_t max_bytes = 5 * 1024 * 1024;
};

struct Upload {
  std::string name{};  // random, with the extension: what to keep, and what serve() takes
  std::string content_type{};
  std::size_t size = 0;
};

class Uploads {
 public:
  // Throws std::invalid_argument for an extension that is not known, std::filesystem_error where
  // the folder cannot be made.
  explicit Uploads(UploadOptions options);

  // Why the file is not taken, as a sentence for its sender; empty: it is.
  std::string problem(const UploadedFile& file) const;
  // Keeps it. Throws HttpError 400 with `problem()`, std::system_error where it cannot be written.
  Upload add(const UploadedFile& file) const;
  // Answers with the file, `name` as add() gave it; 404 for anything else.
  Response serve(std::string_view name, std::string_view save_as = {}) const;
  // False where there is none.
  bool remove(std::string_view name) const;

 private:
  std::string path_of(std::string_view name) const;  // empty: no name of ours

  const UploadOptions options_;
};

}  // namespace web
