// Full-text search over the posts that everyone may read.
#include "demo_app/view_functions.h"
#include "demo_app/view_support.h"
#include "dynamo_backend/search/queryset.h"

namespace demo_app {
namespace {

using dynamo_backend::f;
using PostSearch = dynamo_backend::search::SearchQuerySet<Post>;
using PostPage = dynamo_backend::search::SearchPage<Post>;

// A key, or the row that has `name`.
template <class T>
Uuid key_of(std::string_view text, const dynamo_backend::Q<T>& name, const char* parameter) {
  if (const auto key = Uuid::parse(text)) return *key;
  const auto row = T::objects.try_get(name);
  if (!row) refuse(parameter, "There is none of this name.");
  return row->pk;
}

PostSearch search_of(web::Request& request) {
  const std::string typed(request.query("q").value_or(""));
  PostSearch search = Post::objects.search(typed);
  if (typed.find_first_not_of(' ') == std::string::npos) search = search.order_by("-created_at");
  if (const auto text = request.query("tag")) {
    // A word of the post's own, or a label by its slug or key.
    auto tagged = f<&Post::tags>.contains(std::string(*text));
    const auto label = Uuid::parse(*text)
                           ? Tag::objects.try_get(*Uuid::parse(*text))
                           : Tag::objects.try_get(f<&Tag::slug> == std::string(*text));
    if (label) tagged = tagged || f<&Post::label_pks>.contains(label->pk.str());
    search = search.filter(tagged);
  }
  if (const auto text = request.query("category")) {
    const Uuid key = key_of<Category>(*text, f<&Category::slug> == std::string(*text), "category");
    search = search.filter(f<&Post::category_pks>.contains(key.str()));
  }
  if (const auto text = request.query("author")) {
    const Uuid key = key_of<Author>(*text, f<&Author::username> == std::string(*text), "author");
    search = search.filter(f<&Post::author_pk> == Ref<Author>(key));
  }
  return search.facets("tags", "category_pks", "author_pk");
}

// {"tags": [{"value": "dynamodb", "count": 12}, …], …}
void write_facets(base::JsonWriter& out, const PostPage& page) {
  out.key("facets");
  out.begin_object();
  for (const auto& facet : page.facets) {
    out.key(facet.field);
    out.begin_array();
    for (const auto& value : facet.values) {
      out.begin_object();
      out.member("value", value.value.as<std::string>());
      out.member("count", value.count);
      out.end_object();
    }
    out.end_array();
  }
  out.end_object();
}

// {"<pk of the post>": {"title": "… <mark>word</mark> …"}, …}
void write_highlights(base::JsonWriter& out, const PostPage& page) {
  out.key("highlights");
  out.begin_object();
  for (std::size_t i = 0; i < page.items.size(); ++i) {
    out.key(page.items[i].pk.str());
    out.begin_object();
    for (const auto& highlight : page.highlights[i]) out.member(highlight.field, highlight.html);
    out.end_object();
  }
  out.end_object();
}

}  // namespace

web::Response post_search(web::Request& request) {
  const PageParameters parameters = read_page(request);
  const std::size_t limit = std::min(parameters.limit, dynamo_backend::search::kMaxLimit);
  const PostPage page = search_of(request).limit(limit).page(parameters.cursor);
  base::JsonWriter out;
  out.begin_object();
  write_list(out, "posts", page.items);
  out.member("total", page.total);
  write_facets(out, page);
  write_highlights(out, page);
  out.key("suggestion");
  if (page.suggestion.empty()) {
    out.value(nullptr);
  } else {
    out.value(page.suggestion);
  }
  write_next_cursor(out, page.next);
  out.end_object();
  return web::Response::json(std::move(out));
}

}  // namespace demo_app
