// clearsessions, createsuperuser and changepassword as their users type them.
#include "auth/commands.h"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/test_auth.h"
#include "management/database.h"
#include "management/project.h"
#include "tests/temporary_folder.h"

namespace auth {
namespace {

using testing::HasSubstr;

struct AuthCommands : testing::Test {
  AuthCommands() {
    for (const char* name :
         {"DYNAMO_ENDPOINT_URL", "DYNAMO_TABLE_PREFIX", "DJANGO_SUPERUSER_USERNAME",
          "DJANGO_SUPERUSER_EMAIL", "DJANGO_SUPERUSER_PASSWORD"})
      ::unsetenv(name);
    project.models = models;
    project.configure = [](web::Application&) {};
    project.migrations_base = folder.path();
    project.settings_file = folder.path() + "/settings.toml";
    std::ofstream(project.settings_file)
        << "[dynamo_backend]\nendpoint_url = \"local:" << folder.path() << "/data\"\n";
  }
  // With `typed` on standard input.
  int manage(std::vector<const char*> arguments, const std::string& typed = "") {
    arguments.insert(arguments.begin(), "manage");
    project.commands = commands();  // they keep what they were given
    std::istringstream input(typed);
    auto* const before = std::cin.rdbuf(input.rdbuf());
    std::cin.clear();
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code =
        management::execute(project, static_cast<int>(arguments.size()), arguments.data());
    out = testing::internal::GetCapturedStdout();
    err = testing::internal::GetCapturedStderr();
    std::cin.rdbuf(before);
    return code;
  }
  std::optional<User> find(const std::string& name) const {
    base::DynamoBackendSettings settings;
    settings.endpoint_url = "local:" + folder.path() + "/data";
    const management::Database database(settings, "secret");
    return find_by_username(name);
  }

  const tests::TemporaryFolder folder;
  management::Project project;
  PasswordHasher hasher{quick_hashes()};
  ScopedPasswordHasher scoped_hasher{hasher};
  std::string out{}, err{};
};

TEST_F(AuthCommands, CreateSuperuser_WithoutInput_ReadsTheEnvironment) {
  ::setenv("DJANGO_SUPERUSER_USERNAME", "root", 1);
  ::setenv("DJANGO_SUPERUSER_EMAIL", "Root@Example.com", 1);
  ::setenv("DJANGO_SUPERUSER_PASSWORD", kPassword, 1);
  EXPECT_EQ(manage({"createsuperuser", "--noinput"}), 0) << err;
  EXPECT_EQ(out, "Superuser created successfully.\n");
  const auto root = find("root");
  ASSERT_TRUE(root);
  EXPECT_TRUE(root->is_staff && root->is_superuser && root->is_active);
  EXPECT_EQ(root->email, "root@example.com");
  EXPECT_TRUE(hasher.verify(root->password, kPassword));
  EXPECT_EQ(manage({"createsuperuser", "--noinput"}), 1);
  EXPECT_THAT(err, HasSubstr("the username \"root\" is taken"));
}

TEST_F(AuthCommands, CreateSuperuser_WithoutPassword_CannotSignInByOne) {
  EXPECT_EQ(manage({"createsuperuser", "--no-input", "--username", "root"}), 0) << err;
  EXPECT_THAT(err, HasSubstr("changepassword"));
  EXPECT_FALSE(has_usable_password(*find("root")));
  EXPECT_EQ(manage({"createsuperuser", "--noinput"}), 1);
  EXPECT_THAT(err, HasSubstr("--username"));
  EXPECT_EQ(manage({"createsuperuser", "--noinput", "--username", "x", "--email", "nowhere"}), 1);
  EXPECT_THAT(err, HasSubstr("email"));
}

TEST_F(AuthCommands, NamesOfAnyScript_AreTaken) {
  EXPECT_EQ(manage({"createsuperuser", "--no-input", "--username", "Жａnna"}), 0) << err;
  EXPECT_EQ(find("жanna")->username, "Жanna");
  EXPECT_EQ(manage({"createsuperuser", "--no-input", "--username", "ЖANNA"}), 1);
  EXPECT_THAT(err, HasSubstr("is taken"));
  const std::string password = std::string(kPassword) + "\n";
  EXPECT_EQ(manage({"changepassword", "ЖANNA"}, password + password), 0) << err;
}

TEST_F(AuthCommands, CreateSuperuser_Asks) {
  const std::string password = std::string(kPassword) + "\n";
  EXPECT_EQ(manage({"createsuperuser"}, "root\n\nother-words\n" + password +
                                            "12345678\n12345678\n" + password + password),
            0)
      << err;
  EXPECT_THAT(err, HasSubstr("did not match"));
  EXPECT_THAT(err, HasSubstr("too common"));
  EXPECT_THAT(err, testing::Not(HasSubstr(kPassword)));
  EXPECT_TRUE(hasher.verify(find("root")->password, kPassword));
  EXPECT_EQ(manage({"createsuperuser", "--username", "b"}, "b@example.com\nshort\n"), 1);
  EXPECT_THAT(err, HasSubstr("the input has ended"));
  EXPECT_FALSE(find("b"));
}

TEST_F(AuthCommands, ChangePassword_EndsSessions) {
  ASSERT_EQ(manage({"createsuperuser", "--noinput", "--username", "root"}), 0) << err;
  const std::string words = "three of a kind";
  EXPECT_EQ(manage({"changepassword", "ROOT"}, words + "\n" + words + "\n"), 0) << err;
  EXPECT_EQ(out, "Password changed successfully for user 'root'\n");
  const auto root = find("root");
  EXPECT_TRUE(hasher.verify(root->password, words));
  EXPECT_EQ(root->session_epoch, 1);
  EXPECT_EQ(manage({"changepassword", "nobody"}), 1);
  EXPECT_THAT(err, HasSubstr("there is no user \"nobody\""));
  EXPECT_EQ(manage({"changepassword", "root"}, "a\na\nb\nb\nc\nc\n"), 1);
  EXPECT_THAT(err, HasSubstr("after 3 tries"));
}

TEST_F(AuthCommands, ClearSessions_DeletesWhatHasExpired) {
  const auto open = [this] {
    base::DynamoBackendSettings settings;
    settings.endpoint_url = "local:" + folder.path() + "/data";
    return std::make_unique<management::Database>(settings, "secret");
  };
  // Every row, hidden ones too.
  const auto count = [](management::Database& database) {
    const auto& connection = database.connection();
    return connection.client().scan({.table = connection.table("auth_session")})->count;
  };
  const auto now = base::now();
  {
    const auto database = open();
    dynamo_backend::ensure_table<SessionRow>();
    for (int i = 0; i < 150; ++i)
      SessionRow::objects.create(
          {.key_hash = std::to_string(i),
           .expires_at = now + std::chrono::seconds(i < 3 ? 3600 : -60 * (i + 1))});
    EXPECT_EQ(count(*database), 150u);
  }
  EXPECT_EQ(manage({"clearsessions"}), 0) << err;
  EXPECT_EQ(out, "147 expired sessions deleted.\n");
  EXPECT_EQ(count(*open()), 3u);
  EXPECT_EQ(manage({"clearsessions"}), 0) << err;
  EXPECT_EQ(out, "0 expired sessions deleted.\n");
}

}  // namespace
}  // namespace auth
