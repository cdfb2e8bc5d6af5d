#include "auth/commands.h"

#include <cstdio>
#include <iostream>

#include <CLI/CLI.hpp>
#include <pwd.h>
#include <termios.h>
#include <unistd.h>

#include "auth/passwords.h"
#include "auth/users.h"
#include "base/settings.h"
#include "management/database.h"

namespace auth {
namespace {

using management::CommandError;

constexpr int kTries = 3;

// What is typed is not shown, for as long as it lives.
class NoEcho {
 public:
  NoEcho() {
    is_terminal_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
    if (!is_terminal_) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~NoEcho() {
    if (!is_terminal_) return;
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    std::fputc('\n', stderr);  // the one that was typed was not shown
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  termios before_{};
  bool is_terminal_ = false;
};

std::string ask(const std::string& prompt) {
  std::fputs(prompt.c_str(), stderr);
  std::string line;
  if (!std::getline(std::cin, line)) throw CommandError("the input has ended");
  return line;
}

std::string ask_secret(const std::string& prompt) {
  std::fputs(prompt.c_str(), stderr);
  const NoEcho silent;
  std::string line;
  if (!std::getline(std::cin, line)) throw CommandError("the input has ended");
  return line;
}

// A password that was typed twice and that nothing is wrong with.
std::string ask_new_password(const User& user) {
  for (int i = 0; i < kTries; ++i) {
    const std::string password = ask_secret("Password: ");
    if (password != ask_secret("Password (again): ")) {
      std::fputs("Your passwords did not match.\n", stderr);
      continue;
    }
    if (password.empty()) {
      std::fputs("Blank passwords are not allowed.\n", stderr);
      continue;
    }
    const auto problems = password_problems_of(user, password);
    if (problems.empty()) return password;
    for (const std::string& problem : problems) std::fprintf(stderr, "%s\n", problem.c_str());
  }
  throw CommandError("no password was set after " + std::to_string(kTries) + " tries");
}

std::string system_user() {
  const passwd* entry = ::getpwuid(::getuid());  // NOLINT(concurrency-mt-unsafe): one thread
  return entry == nullptr ? std::string() : entry->pw_name;
}

std::string environment(const char* name) { return base::process_environment(name).value_or(""); }

class CreateSuperuser : public management::Command {
 public:
  CreateSuperuser()
      : Command("createsuperuser",
                "Make a user who may do everything. With --noinput the password is "
                "DJANGO_SUPERUSER_PASSWORD; without one nobody can sign in as this user by "
                "password.",
                "./manage createsuperuser --username admin --email admin@example.com") {}

  void arguments(CLI::App& app) override {
    app.add_option("--username", username_, "Or DJANGO_SUPERUSER_USERNAME");
    app.add_option("--email", email_, "Or DJANGO_SUPERUSER_EMAIL");
    app.add_flag("--noinput,--no-input", no_input_, "Ask nothing");
  }

  int run(management::Context& context) override {
    context.database();
    if (username_.empty()) username_ = environment("DJANGO_SUPERUSER_USERNAME");
    if (email_.empty()) email_ = environment("DJANGO_SUPERUSER_EMAIL");
    std::string password;
    User user;
    if (no_input_) {
      if (username_.empty())
        throw CommandError("--noinput needs a name: --username, or DJANGO_SUPERUSER_USERNAME");
      password = environment("DJANGO_SUPERUSER_PASSWORD");
      if (password.empty())
        std::fputs(
            "warning: DJANGO_SUPERUSER_PASSWORD is not set: nobody can sign in as this user by "
            "password before changepassword gives one\n",
            stderr);
      user = new_user();
      for (const auto& problem :
           password.empty() ? std::vector<std::string>() : password_problems_of(user, password))
        std::fprintf(stderr, "warning: %s\n", problem.c_str());
    } else {
      if (username_.empty()) username_ = asked("Username", system_user());
      if (email_.empty()) email_ = ask("Email address: ");
      user = new_user();
      password = ask_new_password(user);
    }
    create_superuser(std::move(user), password, PasswordCheck::none);
    context.output().say("Superuser created successfully.\n");
    return 0;
  }

 private:
  static std::string asked(const std::string& what, const std::string& otherwise) {
    const std::string answer =
        ask(what + (otherwise.empty() ? "" : " (leave blank to use '" + otherwise + "')") + ": ");
    return answer.empty() ? otherwise : answer;
  }
  // Before a password is asked for.
  User new_user() const {
    User user{.username = username_};
    if (!email_.empty()) user.email = email_;
    user.full_clean();
    if (find_by_username(username_))
      throw CommandError("the username \"" + username_ + "\" is taken");
    if (find_by_email(email_)) throw CommandError("the e-mail address \"" + email_ + "\" is taken");
    return user;
  }

  std::string username_, email_;
  bool no_input_ = false;
};

class ChangePassword : public management::Command {
 public:
  ChangePassword()
      : Command("changepassword", "Set a user's password, which ends all sessions of that user.",
                "./manage changepassword admin") {}

  void arguments(CLI::App& app) override {
    app.add_option("username", username_, "Whose; by default the name you have on this machine");
  }

  int run(management::Context& context) override {
    context.database();
    const std::string name = username_.empty() ? system_user() : username_;
    auto user = find_by_username(name);
    if (!user) throw CommandError("there is no user \"" + name + "\"");
    context.output().note("Changing password for user '%s'\n", user->username.c_str());
    set_password(*user, ask_new_password(*user));
    user->save();
    context.output().say("Password changed successfully for user '%s'\n", user->username.c_str());
    return 0;
  }

 private:
  std::string username_;
};

}  // namespace

std::unique_ptr<management::Command> make_createsuperuser() {
  return std::make_unique<CreateSuperuser>();
}
std::unique_ptr<management::Command> make_changepassword() {
  return std::make_unique<ChangePassword>();
}

std::vector<std::shared_ptr<management::Command>> commands() {
  std::vector<std::shared_ptr<management::Command>> all;
  all.push_back(make_clearsessions());
  all.push_back(make_createsuperuser());
  all.push_back(make_changepassword());
  all.push_back(make_setup_cognito());
  return all;
}

}  // namespace auth
