#include "base/json.h"
#include "demo_app/policy.h"
#include "demo_app/view_functions.h"
#include "demo_app/view_support.h"
#include "web/router.h"

namespace demo_app {

using dynamo_backend::f;

namespace {

// Without a slug in the body, the slug is made from the name.
template <class T>
void default_slug(web::Request& request, T& row) {
  const base::Json& body = request.json();
  if (!body.is_object() || body.contains("slug")) return;
  const auto name = body.find("name");
  if (name == body.end() || !name->is_string()) return;
  const auto& text = name->template get_ref<const std::string&>();
  row.slug = slugify(text);
  if (row.slug.empty() && !text.empty())
    refuse("slug", "No slug can be made from this name; give one.");
}

}  // namespace

web::Response api_root(web::Request& request) {
  base::JsonWriter out;
  out.begin_object();
  for (const char* name : {"author-list", "post-list", "tag-list", "category-list"}) {
    out.member(std::string_view(name).substr(0, std::string_view(name).find('-')),
               request.url_for(name));
  }
  out.end_object();
  return web::Response::json(std::move(out));
}

web::Response tag_list(web::Request& request) {
  return page_response(request, "tags",
                       Tag::objects.order_by("name").allow_scan("a list of all tags"));
}

web::Response tag_create(web::Request& request) {
  require_permission(request, "demo_app.add_tag");
  Tag tag;
  default_slug(request, tag);
  read_body(request, tag, kTagInput);
  tag.save();
  return object_response(tag, 201);
}

web::Response tag_detail(web::Request&, base::Uuid pk) {
  return object_response(find_or_404<Tag>(pk));
}

web::Response tag_delete(web::Request& request, base::Uuid pk) {
  require_permission(request, "demo_app.delete_tag");
  find_or_404<Tag>(pk).remove();
  return web::Response::empty();
}

web::Response category_list(web::Request& request) {
  return page_response(request, "categories",
                       Category::objects.order_by("name").allow_scan("a list of all categories"));
}

web::Response category_create(web::Request& request) {
  require_permission(request, "demo_app.add_category");
  Category category;
  default_slug(request, category);
  read_body(request, category, kCategoryInput);
  if (category.parent_pk &&
      !Category::objects.filter(f<&Category::pk> == category.parent_pk->pk).exists()) {
    refuse("parent_id", "There is no such category.");
  }
  category.save();
  return object_response(category, 201);
}

web::Response category_detail(web::Request&, base::Uuid pk) {
  const auto category = find_or_404<Category>(pk);
  base::JsonWriter out;
  out.begin_object();
  write_members(out, category);
  write_list(out, "children", category.related<&Category::parent_pk>().order_by("name"));
  out.end_object();
  return web::Response::json(std::move(out));
}

web::Response category_delete(web::Request& request, base::Uuid pk) {
  require_permission(request, "demo_app.delete_category");
  find_or_404<Category>(pk).remove();
  return web::Response::empty();
}

}  // namespace demo_app
