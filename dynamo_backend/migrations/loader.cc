#include "dynamo_backend/migrations/loader.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace dynamo_backend::migrations {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& path, const std::string& doing) {
  throw MigrationError(path + ": cannot " + doing + ": " + std::strerror(errno));
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    if (fs::is_regular_file(path) && fs::file_size(path) == 0) return "";
    fail(path, "be read");
  }
  return text.str();
}

bool is_name(const std::string& stem) {
  return !stem.empty() && std::all_of(stem.begin(), stem.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c == '-';
  });
}

std::vector<Migration> read_app(const MigrationFolders& folders, const std::string& app) {
  std::vector<Migration> found;
  const std::string folder = folders.of(app);
  std::error_code error;
  if (!fs::is_directory(folder, error)) return found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const fs::path& path = entry.path();
    if (path.extension() != ".json") continue;
    const std::string name = path.stem().string();
    if (!is_name(name))
      throw MigrationError(path.string() +
                           ": a migration's name has letters, digits, _ and - alone");
    found.push_back(migration_from_text(read_file(path.string()), {app, name}, path.string()));
  }
  return found;
}

}  // namespace

std::string MigrationFolders::of(const std::string& app) const {
  const auto own = of_apps.find(app);
  const std::string folder = own == of_apps.end() ? app + "/migrations" : own->second;
  return (fs::path(base) / folder).lexically_normal().string();
}

std::string MigrationFolders::file_of(const MigrationId& id) const {
  return of(id.app) + "/" + id.name + ".json";
}

MigrationGraph load(const MigrationFolders& folders, const std::set<std::string>& apps) {
  MigrationGraph graph;
  std::set<std::string> seen, open = apps;
  while (!open.empty()) {
    const std::string app = *open.begin();
    open.erase(open.begin());
    seen.insert(app);
    for (Migration& migration : read_app(folders, app)) {
      for (const MigrationId& needed : migration.dependencies) {
        if (!seen.count(needed.app)) open.insert(needed.app);
      }
      graph.add(std::move(migration));
    }
  }
  graph.link();
  return graph;
}

void write(const MigrationFolders& folders, const Migration& migration) {
  const std::string folder = folders.of(migration.id.app);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw MigrationError(folder + ": cannot be made: " + error.message());
  const std::string path = folders.file_of(migration.id), text = to_text(migration);
  std::string temporary = path + ".XXXXXX";
  const int fd = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) fail(path, "be written");
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fchmod(fd, 0644) == 0 && ::fsync(fd) == 0;
  ::close(fd);
  // link() takes no name that exists.
  const bool placed = written && ::link(temporary.c_str(), path.c_str()) == 0;
  const int problem = errno;
  ::unlink(temporary.c_str());
  errno = problem;
  if (!placed) fail(path, "be written");
}

std::set<std::string> apps_with_files(const MigrationFolders& folders) {
  std::set<std::string> apps;
  std::error_code error;
  const auto has_files = [&](const std::string& folder) {
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      if (entry.path().extension() == ".json") return true;
    }
    return false;
  };
  for (const auto& [app, folder] : folders.of_apps) {
    if (has_files(folders.of(app))) apps.insert(app);
  }
  for (const auto& entry : fs::directory_iterator(folders.base, error)) {
    const std::string app = entry.path().filename().string();
    if (!folders.of_apps.count(app) && has_files(folders.of(app))) apps.insert(app);
  }
  return apps;
}

}  // namespace dynamo_backend::migrations
