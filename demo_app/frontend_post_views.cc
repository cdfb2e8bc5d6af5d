// A post's page with its comments.
#include <algorithm>

#include "demo_app/frontend_views.h"
#include "demo_app/markdown.h"
#include "demo_app/post_cards.h"
#include "demo_app/view_counter.h"
#include "demo_app/viewer.h"
#include "forms/form.h"
#include "web/http_error.h"
#include "web/messages.h"
#include "web/templates.h"

namespace demo_app {
namespace {

using dynamo_backend::f;

constexpr std::size_t kMostComments = 200, kMostRevisions = 50;
constexpr double kCommentUnits = 50;  // read units for them, whatever was withheld between
constexpr std::size_t kRelated = 4, kRelatedLabels = 2, kRelatedLooked = 50;
constexpr std::size_t kBio = 100;  // characters

forms::Form comment_form() {
  return forms::Form({{.name = "author_name",
                       .label = "Name",
                       .help_text = "Without one you are Anonymous.",
                       .required = false,
                       .max_length = 100,
                       .autocomplete = "name"},
                      {.name = "body",
                       .label = "Comment",
                       .widget = forms::Widget::textarea,
                       .required = false,  // it has a message of its own
                       .max_length = 10'000,
                       .attributes = {{"required", "required"}}}});
}

// The newest of the feed that share one of its first labels.
std::vector<Post> related_posts(const Post& post) {
  std::vector<Post> related;
  if (post.label_pks.empty()) return related;
  std::vector<std::string> labels(post.label_pks.begin(), post.label_pks.end());
  labels.resize(std::min(labels.size(), kRelatedLabels));
  for (Post& other : feed().limit(kRelatedLooked).page().items) {
    const bool shares = std::any_of(labels.begin(), labels.end(), [&](const std::string& label) {
      return other.label_pks.count(label) > 0;
    });
    if (!shares || other.pk == post.pk) continue;
    related.push_back(std::move(other));
    if (related.size() == kRelated) break;
  }
  return related;
}

void add_author(web::Context& page, const Post& post) {
  const auto author = Author::objects.try_get(post.author_pk.pk);
  const std::string name = author ? author->username : "Unknown";
  page.set("author", name).set("author_initial", initial(name));
  page.set("author_pk", post.author_pk.pk.str());
  if (author && !author->bio.empty())
    page.add("author_bio").set("text", markdown_excerpt(author->bio, kBio));
}

void add_revisions(web::Context& page, const Post& post) {
  const auto revisions = post.related<&PostRevision::post_pk>()
                             .order_by("-revision_number")
                             .limit(kMostRevisions)
                             .to_vector();
  std::vector<Uuid> keys;
  for (const PostRevision& revision : revisions) {
    if (revision.editor_pk) keys.push_back(revision.editor_pk->pk);
  }
  const auto editors =
      keys.empty() ? std::map<Uuid, Author>() : Author::objects.all().in_bulk(keys);
  page.show("has_revisions", !revisions.empty()).set("revision_count", revisions.size());
  for (const PostRevision& revision : revisions) {
    web::Context entry = page.add("revisions");
    const auto editor = revision.editor_pk ? editors.find(revision.editor_pk->pk) : editors.end();
    entry.set("number", revision.revision_number);
    entry.set("editor", editor == editors.end() ? "anonymous" : editor->second.username);
    if (!revision.change_summary.empty()) entry.add("change").set("text", revision.change_summary);
    set_time(entry, "created", revision.created_at);
  }
}

void add_comments(web::Context& page, const Post& post) {
  const auto latest = post.related<&Comment::post_pk>()
                          .filter(f<&Comment::approved> == true)
                          .order_by("-created_at")
                          .limit(kMostComments)
                          .page_budget(kCommentUnits)
                          .page();
  auto comments = latest.items;
  const bool has_more = latest.next.has_value();
  std::reverse(comments.begin(), comments.end());
  page.show("has_comments", !comments.empty());
  page.set("comment_count", (has_more ? "the latest " : "") + std::to_string(comments.size()));
  for (const Comment& comment : comments) {
    web::Context entry = page.add("comments");
    entry.set("name", comment.author_name.empty() ? "Anonymous" : comment.author_name);
    entry.set("text", comment.body);
    set_time(entry, "created", comment.created_at);
  }
}

web::Response show_post(web::Request& request, const Viewer& who, const Post& post,
                        const forms::Form& form, int status = 200) {
  const auto all = taxonomy();
  web::Context page;
  page.set("pk", post.pk.str()).set("title", post.title);
  set_time(page, "created", post.created_at);
  page.set("views", count_of(post.view_count, "view", "views"));
  page.show("draft", !post.published).show("private", !post.is_public);
  page.show("can_edit", who.is_signed_in() && may_edit(who, post));
  const bool has_body = post.body.find_first_not_of(" \t\r\n") != std::string::npos;
  page.show("has_body", has_body).show("no_body", !has_body);
  if (has_body) page.set("body", markdown(post.body));
  add_pills(page, post, *all);
  add_author(page, post);
  add_revisions(page, post);
  add_comments(page, post);
  const auto related = related_posts(post);
  page.show("has_related", !related.empty());
  for (const Post& other : related) {
    web::Context entry = page.add("related");
    entry.set("pk", other.pk.str()).set("title", other.title);
    set_time(entry, "created", other.created_at);
  }
  page.set("comment_form", form.html());
  return web::render(request, "blog/post.html", page, status);
}

}  // namespace

web::Response post_page(web::Request& request, base::Uuid pk) {
  const Viewer who = viewer(request);
  Post post = visible_post(who, pk);
  count_view(request, post);
  return show_post(request, who, post, comment_form());
}

web::Response post_comment(web::Request& request, base::Uuid pk) {
  const Viewer who = viewer(request);
  const Post post = visible_post(who, pk);
  forms::Form form = comment_form();
  const bool valid = form.bind(web::form(request));
  if (form.text("body").find_first_not_of(" \t\r\n") == std::string::npos &&
      form.errors("body").empty())
    form.add_error("body", "Comment body cannot be empty.");
  if (!valid || !form.is_valid()) return show_post(request, who, post, form, 400);
  Comment comment{
      .post_pk = post,
      .author_name = form.text("author_name").empty() ? "Anonymous" : form.text("author_name"),
      .body = form.text("body")};
  comment.save();
  web::flash(request, web::Level::success, "Comment added!");
  return web::Response::redirect("/posts/" + pk.str() + "/#comments", 303);
}

}  // namespace demo_app
