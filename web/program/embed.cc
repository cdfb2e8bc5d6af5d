// ddb-embed: makes C++ of a folder of files; what ddb_templates() and ddb_static() call.
//
//   ddb-embed templates|static <folder> <source name> <namespace> <prefix> <output.cc>
//
// Static files are hashed and compressed here, once, with the best that gzip and Brotli have.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/secrets.h"
#include "net/brotli.h"
#include "net/gzip.h"

namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Names below the folder, sorted; files that begin with a dot are an editor's.
std::vector<std::string> names_below(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).generic_string();
    const bool hidden = name.starts_with('.') || name.find("/.") != std::string::npos;
    if (entry.is_regular_file() && !hidden) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

// std::string_view("…", 5), in lines of moderate length.
std::string literal(std::string_view bytes, const std::string& type = "std::string_view") {
  std::string out = type + "(\"";
  std::size_t line = 0;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    const std::size_t before = out.size();
    if (byte < 0x20 || byte >= 0x7F || c == '"' || c == '\\' || c == '?') {
      out += {'\\', static_cast<char>('0' + (byte >> 6)),
              static_cast<char>('0' + ((byte >> 3) & 7)), static_cast<char>('0' + (byte & 7))};
    } else {
      out += c;
    }
    line += out.size() - before;
    if (line < 110 && c != '\n') continue;
    out += "\"\n\"";
    line = 0;
  }
  return out + "\", " + std::to_string(bytes.size()) + ")";
}

// Empty where it would not be smaller.
std::string if_smaller(std::string packed, const std::string& bytes) {
  return packed.size() < bytes.size() ? packed : std::string();
}

std::string file_entry(const std::string& kind, const fs::path& folder, const std::string& name) {
  const std::string bytes = read(folder / name);
  std::string out = "{" + literal(name) + ", ";
  if (kind == "templates") return out + literal(bytes) + "},\n";
  constexpr std::size_t kHashDigits = 12;  // 48 bits: versions of one file, not a defence
  out += literal(base::to_hex(base::sha256(bytes)).substr(0, kHashDigits)) + ",\n";
  out += literal(bytes) + ",\n";
  out += literal(if_smaller(net::compress(bytes, net::kBestCompression), bytes)) + ",\n";
  return out + literal(if_smaller(net::compress_brotli(bytes, 11), bytes)) + "},\n";
}

std::string source(const std::string& kind, const fs::path& folder, const std::string& source_name,
                   const std::string& name_space, const std::string& prefix) {
  const bool is_static = kind == "static";
  const std::string type = is_static ? "web::StaticFolder" : "web::TemplateFolder";
  const std::string function = type + (is_static ? " static_files()" : " templates()");
  std::string out = "// Made by ddb-embed.\n#include \"web/embedded.h\"\n\nnamespace " +
                    name_space + " {\n\n" + function + ";\n\n" + function +
                    " {\n  return {.source = " + literal(source_name, "std::string") +
                    ", .prefix = " + literal(prefix, "std::string") + ", .files = {\n";
  for (const std::string& name : names_below(folder)) out += file_entry(kind, folder, name);
  return out + "}};\n}\n\n}  // namespace " + name_space + "\n";
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() != 6 || (arguments[0] != "templates" && arguments[0] != "static")) {
    std::fputs(
        "usage: ddb-embed templates|static <folder> <source name> <namespace> <prefix> "
        "<output.cc>\n",
        stderr);
    return 2;
  }
  try {
    const std::string text =
        source(arguments[0], arguments[1], arguments[2], arguments[3], arguments[4]);
    std::ofstream file(arguments[5], std::ios::binary);
    file << text;
    file.close();
    if (!file) throw std::runtime_error("cannot write " + arguments[5]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ddb-embed: %s\n", error.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
