// What ddb_templates() and ddb_static() build into a program: folders of files.
//
// `source` is the folder below the project's root, which debug reads in place of what is embedded.
//
// Thread safety: values.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace web {

struct EmbeddedTemplate {
  std::string_view name;
  std::string_view text;
};

struct TemplateFolder {
  std::string source{};
  std::string prefix{};  // before each name: "blog/"
  std::vector<EmbeddedTemplate> files{};
};

struct EmbeddedAsset {
  std::string_view name;
  std::string_view hash;  // of its bytes
  std::string_view bytes;
  std::string_view gzip;    // empty where it would not be smaller
  std::string_view brotli;  // the same
};

struct StaticFolder {
  std::string source{};
  std::string prefix{};
  std::vector<EmbeddedAsset> files{};
};

}  // namespace web
