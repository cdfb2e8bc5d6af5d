// Page: what every view of the admin starts from: who asks, what may be done, what it costs.
//
//   web::Response index(Page& page) { … return page.render("admin/index.html", "Site
//   administration"); } router.get("/admin/", view(index),
//   "admin:index").access(web::Access::staff);
//
// view() sends those who are not signed in to the login page, and answers what views throw.
// Thread safety: one thread at a time, the request's.
#pragma once
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "admin/audit.h"
#include "admin/changelist.h"
#include "admin/deletion_preview.h"
#include "admin/ledger.h"
#include "admin/site.h"
#include "web/application.h"
#include "web/form_data.h"
#include "web/messages.h"

namespace auth {
struct User;
}

namespace admin {

// Answered with a page of that status.
struct Refusal : std::runtime_error {
  Refusal(int http_status, const std::string& text)
      : std::runtime_error(text), status(http_status) {}
  int status;
};
[[noreturn]] void not_found(const std::string& text);

class Page {
 public:
  explicit Page(web::Request& request);

  web::Request& request;
  web::Context context{};

  const auth::User* user() const { return user_; }  // nullptr: nobody has signed in
  Actor actor() const;
  bool may_enter() const;  // active, of the staff, and not away for too long
  bool is_popup() const { return popup_; }

  // ---- permissions: "view" is given by "change", too
  bool may(const ModelAdmin& admin, std::string_view verb) const;
  bool may(const ModelInfo& model, std::string_view verb) const;  // registered or not
  // To run an action, which writes whatever permission it asks for.
  bool may_act(const ModelAdmin& admin, std::string_view verb) const;
  bool is_superuser() const;
  // To set a field of rows that may be changed.
  bool may_set(const ModelAdmin& admin, const FieldInfo& field) const;
  bool may_row(const ModelAdmin& admin, std::string_view verb, const void* row) const;
  // Whose rows, of those that go with one of `model`, the person may not delete: "posts, comments";
  // where the preview is not complete, whose may be among them.
  std::string denied_deletions(const ModelInfo& model, const DeletionPreview& preview) const;
  // Throw Refusal 403.
  void demand(const ModelAdmin& admin, std::string_view verb) const;
  void demand_act(const ModelAdmin& admin, std::string_view verb) const;
  void demand_row(const ModelAdmin& admin, std::string_view verb, const void* row) const;
  void demand_superuser() const;
  // 404 for a model that is not registered.
  const ModelAdmin& model(std::string_view app, std::string_view name) const;
  // Throws Refusal 404 for a key that is none.
  static dynamodb::Item key(const ModelAdmin& admin, std::string_view text);

  // ---- answers
  void crumb(std::string_view text, std::string_view url = {});
  web::Response render(std::string_view name, std::string_view title, int status = 200);
  web::Response redirect(const std::string& url, web::Level level, const std::string& message);
  static web::Response redirect(const std::string& url);

  const web::FormData& form() { return web::form(request); }
  std::string sent(std::string_view name);  // of the form; empty: not there
  Parameters parameters();                  // of the URL

 private:
  const auth::User* user_;
  bool popup_;
};

std::string model_url(const ModelAdmin& admin);  // "/admin/demo_app/post/"
std::string row_url(const ModelAdmin& admin,
                    std::string_view key);             // "/admin/demo_app/post/<key>/"
std::string query_text(const Parameters& parameters);  // "?a=b&c=d"; empty: none
std::string percent_encoded(std::string_view text);

// What `show` answers, or what is to be answered for what it throws.
web::Response answer(Page& page, const std::function<web::Response()>& show);

template <class... Args>
auto view(web::Response (*function)(Page&, Args...)) {
  return [function](web::Request& request, std::remove_cvref_t<Args>... args) {
    Page page(request);
    return answer(page, [&] { return function(page, args...); });
  };
}

}  // namespace admin
