// Static files: style sheets, scripts and images, built into the program.
//
//   ddb_static(ddb_blog FOLDER static NAMESPACE blog)        # CMakeLists.txt
//   application.add_static(blog::static_files());            // where the application is set up
//   <link rel="stylesheet" href="{% static "css/site.css" %}">
//
// A file is served below /static/ under a name that holds the hash of its content,
// "css/site.1f3a….css", which a browser may keep for ever, compressed when it was built. Under its
// plain name, which style sheets may use for fonts and images, a browser asks each time whether it
// has changed. Debug reads the folders of the sources first, under plain names.
//
// Not for: what users upload.
//
// Thread safety: add folders on one thread; then everything from any.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "web/embedded.h"
#include "web/request.h"
#include "web/response.h"

namespace web {

class StaticFiles {
 public:
  explicit StaticFiles(bool live) : live_(live) {}

  // The first folder that has a name wins. Throws std::invalid_argument for a file whose type is
  // not known.
  void add(StaticFolder folder);
  // "/static/css/site.1f3a….css". Throws std::invalid_argument for a file that is nowhere.
  std::string url(std::string_view name) const;
  // The answer for what stands behind "/static/" in a path, decoded. 404 for what is not there.
  Response serve(const Request& request, std::string_view name) const;

 private:
  struct Entry {
    EmbeddedAsset asset;
    bool immutable;  // the name holds the hash
  };
  std::optional<std::string> read(std::string_view name) const;

  const bool live_;
  std::map<std::string, Entry, std::less<>> entries_;  // by each name that it is served under
  std::map<std::string, std::string, std::less<>> hashed_names_;
  struct Source {
    std::string folder;
    std::string prefix;
  };
  std::vector<Source> sources_;  // on disk; live only
};

// The Content-Type of a file by its name's ending, empty where it is not one of those that are
// served.
std::string_view content_type_of(std::string_view name);

}  // namespace web
