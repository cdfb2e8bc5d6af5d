#include "config/live_data.h"

#include "auth/users.h"
#include "base/secrets.h"
#include "demo_app/models.h"

namespace config {

using demo_app::Author;
using demo_app::Post;

web::LiveCheckOptions live_data() {
  const std::string password = base::random_token();
  auth::create_user({.username = "reader"}, password, auth::PasswordCheck::none);
  auth::create_user({.username = "editor", .is_staff = true}, password, auth::PasswordCheck::none);
  const Author author = Author::objects.create({.username = "ann"});
  const Post shown = Post::objects.create({.title = "Shown to all",
                                           .slug = "shown-to-all",
                                           .body = "A [link](https://example.com/) <script>",
                                           .author_pk = author,
                                           .published = true});
  const Post draft = Post::objects.create(
      {.title = "Draft quagga", .slug = "draft-quagga", .body = "x", .author_pk = author});
  Post::objects.create({.title = "Private quagga",
                        .slug = "private-quagga",
                        .body = "x",
                        .author_pk = author,
                        .published = true,
                        .is_public = false});
  web::LiveCheckOptions options;
  options.visitors = {
      {.name = "user", .username = "reader", .password = password},
      {.name = "staff", .username = "editor", .password = password, .sees_hidden = true}};
  options.hidden = {"Draft quagga", "Private quagga"};
  options.paths = {"/api/posts/" + shown.pk.str() + "/", "/api/posts/" + draft.pk.str() + "/",
                   "/api/authors/" + author.pk.str() + "/posts/", "/api/posts/search/?q=quagga"};
  return options;
}

std::vector<std::string> deployment_problems() {
  std::vector<std::string> problems;
  if (auth::find_by_username("demo"))
    problems.push_back("there is a user \"demo\", whose password is known: remove it");
  return problems;
}

}  // namespace config
