// Writing and editing posts.
#include "demo_app/frontend_views.h"
#include "demo_app/input.h"
#include "demo_app/post_cards.h"
#include "demo_app/revisions.h"
#include "demo_app/viewer.h"
#include "dynamo_backend/transaction.h"
#include "forms/form.h"
#include "web/messages.h"
#include "web/templates.h"

namespace demo_app {
namespace {

using dynamo_backend::f;
using dynamo_backend::Value;

constexpr std::size_t kMostAuthors = 500;
constexpr std::size_t kMostText = 200'000;  // characters

template <class Rows>
std::vector<forms::Choice> choices_of(const Rows& rows) {
  std::vector<forms::Choice> choices;
  for (const auto& row : rows) choices.push_back({row.pk.str(), row.str()});
  return choices;
}

// Staff write as anyone; others as the author that is theirs.
forms::Field author_field() {
  const auto authors = Author::objects.order_by("username")
                           .limit(kMostAuthors + 1)
                           .allow_scan("authors to choose from")
                           .to_vector();
  if (authors.size() > kMostAuthors)
    return {.name = "author",
            .help_text = "The author's key, which is in the address of their page.",
            .type = forms::Type::uuid};
  return {.name = "author",
          .type = forms::Type::uuid,
          .widget = forms::Widget::select,
          .choices = choices_of(authors)};
}

forms::Form post_form(bool chooses_author, bool is_edit) {
  const auto all = taxonomy();
  std::vector<forms::Field> fields{
      {.name = "title", .max_length = 200},
      {.name = "slug",
       .help_text = "The post's short name: letters, digits, dashes. Empty: made from the title.",
       .type = forms::Type::slug,
       .required = false,
       .max_length = 220}};
  if (chooses_author) fields.push_back(author_field());
  fields.push_back({.name = "body",
                    .label = "Text",
                    .help_text = "Markdown: **bold**, _italic_, [link](https://example.com), "
                                 "lists, code, tables.",
                    .widget = forms::Widget::textarea,
                    .required = false,
                    .max_length = kMostText,
                    .attributes = {{"rows", "16"}}});
  if (!all->tags().empty())
    fields.push_back({.name = "labels",
                      .label = "Tags",
                      .type = forms::Type::several,
                      .widget = forms::Widget::checkbox_list,
                      .required = false,
                      .choices = choices_of(all->tags())});
  if (!all->categories().empty())
    fields.push_back({.name = "categories",
                      .type = forms::Type::several,
                      .widget = forms::Widget::checkbox_list,
                      .required = false,
                      .choices = choices_of(all->categories())});
  if (is_edit)
    fields.push_back({.name = "change_summary",
                      .label = "What changed",
                      .help_text = "A word for the list of revisions.",
                      .required = false,
                      .max_length = 255});
  fields.push_back({.name = "published",
                    .label = is_edit ? "Published" : "Publish immediately",
                    .type = forms::Type::boolean,
                    .required = false,
                    .initial = Value(true)});
  return forms::Form(std::move(fields));
}

Value list_of(const std::set<std::string>& keys) {
  dynamodb::List list;
  for (const std::string& key : keys) list.emplace_back(key);
  return {std::move(list)};
}

void fill(forms::Form& form, const Post& post) {
  form.field("title").initial = Value(post.title);
  form.field("slug").initial = Value(post.slug);
  form.field("body").initial = Value(post.body);
  form.field("published").initial = Value(post.published);
  if (form.has("labels")) form.field("labels").initial = list_of(post.label_pks);
  if (form.has("categories")) form.field("categories").initial = list_of(post.category_pks);
}

// What the form says, on the post; its errors in the form. False: it cannot be saved.
bool take(forms::Form& form, Post& post) {
  post.title = form.text("title");
  post.slug = form.text("slug").empty() ? slugify(post.title).substr(0, 220) : form.text("slug");
  post.body = form.text("body");
  post.published = form.checked("published");
  if (!form.is_valid()) return false;
  if (post.slug.empty()) {
    form.add_error("slug", "The title has no letters for a slug: enter one.");
    return false;
  }
  try {
    post.full_clean();
  } catch (const dynamo_backend::ValidationError& errors) {
    for (const auto& [field, messages] : errors.errors()) {
      for (const std::string& message : messages) form.add_error(field, message);
    }
  }
  if (form.is_valid() && too_large(dynamo_backend::model_info<Post>(), &post))
    form.add_error("body", kTooLarge);
  return form.is_valid();
}

std::vector<Uuid> keys_in(const forms::Form& form, const char* field) {
  std::vector<Uuid> keys;
  if (!form.has(field)) return keys;
  for (const std::string& text : form.texts(field)) {
    if (const auto key = Uuid::parse(text)) keys.push_back(*key);
  }
  return keys;
}

// The links that the form asks for: those that are there stay as they are, with their order.
void save_links(const forms::Form& form, const Post& post) {
  if (form.has("labels")) post.labels.set(keys_in(form, "labels"));
  if (!form.has("categories")) return;
  const auto wanted = keys_in(form, "categories");
  for (const std::string& key : post.category_pks) {
    if (std::find(wanted.begin(), wanted.end(), *Uuid::parse(key)) == wanted.end())
      post.categories.remove(*Uuid::parse(key));
  }
  std::int64_t order = 0;
  for (const Uuid& key : wanted) {
    if (post.category_pks.count(key.str()) == 0) {
      if (const auto category = Category::objects.try_get(key))
        post.categories.add(*category, {.order = order});
    }
    ++order;
  }
}

// Writes the post only where nobody has saved it since the form was filled from it. False: someone
// has. Views and links are no such save: they leave `updated_at` alone.
bool save_unless_changed(Post& post, Timestamp shown) {
  try {
    dynamo_backend::transaction([&](dynamo_backend::Transaction& t) {
      t.check(post, f<&Post::updated_at> == shown);
      t.save(post);
    });
    return true;
  } catch (const dynamo_backend::TransactionFailed&) {
    if (Post::objects.consistent().get(f<&Post::pk> == post.pk).updated_at == shown) throw;
    return false;
  }
}

bool is_same_text(const Post& a, const Post& b) {
  return a.title == b.title && a.slug == b.slug && a.body == b.body && a.published == b.published;
}

struct Shown {
  const Post* edited = nullptr;  // none: a post is written
  std::string_view version{};    // the edited post's `updated_at` when its editor first saw it
  bool is_conflict = false;      // another has saved it since as it is in `edited`
};

web::Response show_form(web::Request& request, const forms::Form& form, int status,
                        const Shown& shown = {}) {
  const Post* const edited = shown.edited;
  web::Context page;
  if (edited) page.show("is_edit").set("version", shown.version);
  if (shown.is_conflict)
    page.show("is_conflict").set("their_title", edited->title).set("their_text", edited->body);
  page.set("heading", edited ? "Edit post" : "Write a post");
  page.set("action", edited ? "/posts/" + edited->pk.str() + "/edit/" : "/write/");
  page.set("cancel", edited ? "/posts/" + edited->pk.str() + "/" : "/");
  page.set("submit", edited ? "Save" : "Create post");
  page.show("no_authors", form.has("author") &&
                              form.field("author").widget == forms::Widget::select &&
                              form.field("author").choices.empty());
  page.set("form", form.html());
  return web::render(request, "blog/write.html", page, status);
}

}  // namespace

web::Response write_page(web::Request& request) {
  return show_form(request, post_form(viewer(request).is_staff, false), 200);
}

web::Response write_post(web::Request& request) {
  const Viewer who = viewer(request);
  if (!who.is_signed_in()) return web::Response::redirect("/accounts/login/?next=/write/", 303);
  forms::Form form = post_form(who.is_staff, false);
  form.bind(web::form(request));
  Post post;
  const auto chosen = form.has("author") ? Uuid::parse(form.text("author")) : std::optional<Uuid>();
  const auto own = form.has("author") ? std::nullopt : author_of(who);
  // A key for the check; the author that is made with a first post comes after it.
  post.author_pk = Ref<Author>(chosen ? *chosen : own ? own->pk : Uuid::random());
  if (!take(form, post)) return show_form(request, form, 400);
  if (chosen && !Author::objects.try_get(*chosen)) {
    form.add_error("author", "Selected author does not exist.");
    return show_form(request, form, 400);
  }
  if (!chosen) post.author_pk = Ref<Author>(own ? *own : make_author_of(who));
  post.save();
  save_links(form, post);
  web::flash(request, web::Level::success, "Post \"" + post.title + "\" created!");
  return web::Response::redirect("/posts/" + post.pk.str() + "/", 303);
}

web::Response edit_page(web::Request& request, base::Uuid pk) {
  const Post post = editable_post(viewer(request), pk);
  forms::Form form = post_form(false, true);
  fill(form, post);
  const std::string version = base::to_iso(post.updated_at);
  return show_form(request, form, 200, {.edited = &post, .version = version});
}

static web::Response saved(web::Request& request, const Post& post) {
  web::flash(request, web::Level::success, "Post \"" + post.title + "\" saved.");
  return web::Response::redirect("/posts/" + post.pk.str() + "/", 303);
}

web::Response edit_post(web::Request& request, base::Uuid pk) {
  const Viewer who = viewer(request);
  Post post = editable_post(who, pk);
  const Post before = post;
  forms::Form form = post_form(false, true);
  fill(form, post);
  form.bind(web::form(request));
  const std::string_view version = web::form(request).get("updated_at").value_or("");
  if (!take(form, post))
    return show_form(request, form, 400, {.edited = &before, .version = version});
  const bool is_revision = post.body != before.body || !form.text("change_summary").empty();
  const auto shown = base::parse_iso(version);
  const bool is_current = shown && *shown == before.updated_at;
  if (is_current && is_revision) keep_first_text(before);
  if (!is_current || !save_unless_changed(post, *shown)) {
    Post theirs = before;
    theirs.refresh();
    if (is_same_text(theirs, post)) return saved(request, post);  // it was sent twice
    form.add_error(
        "Someone else has saved this post since you opened it. Their text is below the "
        "form; save again to put yours in its place.");
    const std::string newer = base::to_iso(theirs.updated_at);
    return show_form(request, form, 409,
                     {.edited = &theirs, .version = newer, .is_conflict = true});
  }
  save_links(form, post);
  if (is_revision) {
    const auto editor = author_of(who);
    PostRevision revision{
        .post_pk = post, .body_snapshot = post.body, .change_summary = form.text("change_summary")};
    if (editor) revision.editor_pk = Ref<Author>(*editor);
    add_revision(post, revision);
  }
  return saved(request, post);
}

}  // namespace demo_app
