// What tests of commands share: a program in a folder of its own, whose commands they type.
#pragma once
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "management/project.h"
#include "tests/temporary_folder.h"

namespace management {

class TestProgram : public testing::Test {
 protected:
  TestProgram() {
    for (const char* name :
         {"DYNAMO_ENDPOINT_URL", "DYNAMO_TABLE_PREFIX", "OPENSEARCH_ENDPOINT_URL"})
      ::unsetenv(name);
    project.models = [](dynamo_backend::Registry&) {};
    project.configure = [](web::Application&) {};
    project.migrations_base = folder.path();
  }
  // Of an embedded database in the folder, with `more` of the same section.
  void set_up_database(const std::string& more = "") {
    project.settings_file =
        write("settings.toml",
              "[dynamo_backend]\nendpoint_url = \"local:" + folder.path() + "/data\"\n" + more);
  }
  // A file of the folder; its path.
  std::string write(const std::string& name, const std::string& text) const {
    const auto file = std::filesystem::path(folder.path()) / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
    return file.string();
  }
  // The exit code; what was printed is in `out` and `err`.
  int manage(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "manage");
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = execute(project, static_cast<int>(arguments.size()), arguments.data());
    out = testing::internal::GetCapturedStdout();
    err = testing::internal::GetCapturedStderr();
    return code;
  }

  const tests::TemporaryFolder folder{};
  Project project{};
  std::string out{}, err{};
};

}  // namespace management
