// Pages that list posts: home with its filters, a tag's, a category's, an author's.
#include <algorithm>
#include <charconv>

#include "demo_app/frontend_views.h"
#include "demo_app/kept.h"
#include "demo_app/post_cards.h"
#include "dynamo_backend/search/errors.h"
#include "dynamo_backend/search/queryset.h"
#include "dynamo_backend/signals.h"
#include "web/http_error.h"
#include "web/templates.h"

namespace demo_app {
namespace {

using dynamo_backend::f;

constexpr std::size_t kPageSize = 10;
// A page that is asked for by its number, without the cursor of a link, is found by reading over
// those before it: no further than this.
constexpr std::size_t kMostSkipped = 4;
constexpr std::size_t kTagPosts = 30, kAuthorPosts = 20, kCategoryPosts = 100;
// Where search is not to be had, lists of a tag or category are read from the feed, this far.
constexpr double kFallbackUnits = 8;

struct Filters {
  std::string words{}, tag{}, category{};  // tag, category: slugs
  bool empty() const { return words.empty() && tag.empty() && category.empty(); }
};

struct Listed {
  std::vector<Post> posts{};
  std::optional<std::string> next{}, previous{};
  std::optional<std::uint64_t> total{};
  std::string suggestion{};
};

std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1));
}

std::size_t page_number(web::Request& request) {
  const std::string_view text = request.query("page").value_or("1");
  std::size_t number = 1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number > 0 ? number : 1;
}

Listed take(dynamo_backend::Page<Post> page) {
  return {.posts = std::move(page.items),
          .next = std::move(page.next),
          .previous = std::move(page.prev)};
}

// One Query of the feed, by cursor; of a number without one, from the start.
Listed feed_page(const std::string& cursor, std::size_t number) {
  if (!cursor.empty()) return take(feed().limit(kPageSize).page(cursor));
  Listed listed = take(feed().limit(number * kPageSize).page());
  const std::size_t skipped = std::min((number - 1) * kPageSize, listed.posts.size());
  listed.posts.erase(listed.posts.begin(),
                     listed.posts.begin() + static_cast<std::ptrdiff_t>(skipped));
  return listed;
}

// The first page as it was last rendered for a reader whom nothing is known of, and what it was
// made of. Its rows are read for every view: the page is used again while they are the same.
struct FirstPage {
  std::vector<std::string> rows{};
  std::string html{};
};

// The names on it are at most as old as this, where another process changes them.
Kept<FirstPage>& kept_first_page() {
  static Kept<FirstPage> instance(std::chrono::seconds(10));
  [[maybe_unused]] static const bool follows = [] {
    const auto forget = [](const auto&...) { instance.forget(); };
    const auto follow = [&]<class T>(dynamo_backend::TypedSignals<T> signals) {
      signals.post_save.connect([=](T&) { forget(); }).keep();
      signals.post_delete.connect([=](T&) { forget(); }).keep();
    };
    follow(dynamo_backend::signals<Author>());
    follow(dynamo_backend::signals<Tag>());
    follow(dynamo_backend::signals<Category>());
    return true;
  }();
  return instance;
}

// What the filters let through, of rows that are in the feed.
bool passes(const Post& post, const Tag* tag, const Category* category) {
  return (!tag || post.label_pks.count(tag->pk.str()) > 0) &&
         (!category || post.category_pks.count(category->pk.str()) > 0);
}

// By the full-text index, which counts, too. Drafts are not in it for anyone.
Listed search_page(const std::string& words, const Tag* tag, const Category* category,
                   std::size_t limit, const std::string& cursor) {
  auto search = Post::objects.search(words);
  if (words.empty()) search = search.order_by("-created_at");
  if (tag) search = search.filter(f<&Post::label_pks>.contains(tag->pk.str()));
  if (category) search = search.filter(f<&Post::category_pks>.contains(category->pk.str()));
  auto page = search.limit(limit).page(cursor);
  Listed listed{
      .next = std::move(page.next), .total = page.total, .suggestion = std::move(page.suggestion)};
  for (Post& post : page.items) {
    if (post.published && post.is_public) listed.posts.push_back(std::move(post));
  }
  return listed;
}

// While the index is built, or search is down: the newest of the feed that pass, within a budget.
Listed filtered_feed(const Tag* tag, const Category* category, std::size_t limit) {
  auto rows = feed();
  if (tag) rows = rows.filter(f<&Post::label_pks>.contains(tag->pk.str()));
  if (category) rows = rows.filter(f<&Post::category_pks>.contains(category->pk.str()));
  Listed listed;
  listed.posts = rows.limit(limit).page_budget(kFallbackUnits).page().items;
  std::erase_if(listed.posts, [&](const Post& p) { return !passes(p, tag, category); });
  return listed;
}

Listed tagged_posts(const Tag* tag, const Category* category, std::size_t limit,
                    const std::string& cursor = {}) {
  try {
    return search_page({}, tag, category, limit, cursor);
  } catch (const dynamo_backend::search::Unavailable& error) {
    dynamo_backend::Connection::current().warn_once(error.what());
    return filtered_feed(tag, category, limit);
  }
}

// The posts of a home page. A tag or category that does not exist has none.
Listed list_posts(const Filters& filters, const Taxonomy& all, const std::string& cursor,
                  std::size_t number) {
  if (filters.empty()) return feed_page(cursor, number);
  const Tag* tag = all.tag(filters.tag);
  const Category* category = all.category(filters.category);
  if ((!filters.tag.empty() && !tag) || (!filters.category.empty() && !category)) return {};
  if (filters.words.empty()) return tagged_posts(tag, category, kPageSize, cursor);
  return search_page(filters.words, tag, category, kPageSize, cursor);
}

std::string percent_encoded(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  return out;
}

std::string page_url(const Filters& filters, const std::string& cursor, std::size_t number) {
  std::string url = "/";
  const auto add = [&](const char* name, const std::string& value) {
    if (value.empty()) return;
    url.append(url.size() == 1 ? "?" : "&").append(name).append("=").append(percent_encoded(value));
  };
  add("q", filters.words);
  add("tag", filters.tag);
  add("category", filters.category);
  if (number > 1) {
    add("page", std::to_string(number));
    add("cursor", cursor);
  }
  return url;
}

void add_pager(web::Context& page, const Filters& filters, const Listed& listed,
               std::size_t number) {
  // Search goes forwards only; its first page is where its way back leads. A page of the feed that
  // was found by its number has one before it.
  const bool back = listed.previous || number > 1;
  if (!listed.next && !back) return;
  web::Context pager = page.add("pager");
  pager.add("page_number").set("number", number);
  if (back)
    pager.add("previous")
        .set("url", page_url(filters, listed.previous.value_or(""),
                             listed.previous || filters.empty() ? number - 1 : 1));
  if (listed.next) pager.add("next").set("url", page_url(filters, *listed.next, number + 1));
}

// `count`: of the published posts, where it is known.
void add_heading(web::Context& page, const Filters& filters, const Taxonomy& all,
                 const Listed& listed, std::optional<std::uint64_t> count) {
  const auto posts = [](std::uint64_t n) {
    return count_of(static_cast<std::int64_t>(n), "post", "posts");
  };
  if (filters.empty()) {
    page.set("heading", "Recent Posts");
    page.set("summary", count ? posts(*count) + " published." : "The newest first.");
    return;
  }
  std::string heading;
  if (!filters.words.empty()) heading = "Results for \"" + filters.words + "\"";
  const Tag* tag = all.tag(filters.tag);
  const Category* category = all.category(filters.category);
  if (!filters.tag.empty())
    heading += (heading.empty() ? "Tag: " : ", tag ") + (tag ? tag->name : filters.tag);
  if (!filters.category.empty())
    heading += (heading.empty() ? "Category: " : ", category ") +
               (category ? category->name : filters.category);
  page.set("heading", heading);
  page.set("summary", listed.total ? posts(*listed.total) + "." : std::string());
  page.add("clear").set("text", filters.words.empty() ? "Clear filter" : "Clear");
  if (!listed.suggestion.empty()) page.add("suggestion").set("text", listed.suggestion);
}

web::Response show_home(web::Request& request, const Filters& filters, const Listed& listed,
                        const Taxonomy& all, std::size_t number,
                        std::optional<std::uint64_t> count) {
  web::Context page;
  page.show("at_home", filters.empty() && number == 1);
  page.set("search_text", filters.words);
  add_heading(page, filters, all, listed, count);
  add_cards(page, listed.posts, all,
            filters.empty() ? "No posts found. Write the first one!" : "No posts found.");
  add_pager(page, filters, listed, number);
  add_taxonomy(page, all, filters.tag, filters.category);
  return web::render(request, "blog/home.html", page);
}

// Four calls of the database at most: where tags and categories must be read, the next view counts
// the posts.
std::optional<std::uint64_t> count_if_kept(bool taxonomy_was_kept) {
  return taxonomy_was_kept ? std::optional(count_published()) : std::nullopt;
}

// One Query where nothing has changed since the view before.
web::Response first_page(web::Request& request) {
  dynamo_backend::PackedPage packed =
      dynamo_backend::fetch_page(feed().limit(kPageSize).query(), {});
  if (const auto kept = kept_first_page().find(); kept && kept->rows == packed.rows)
    return web::Response::html(kept->html);
  Listed listed{.next = std::move(packed.next)};
  for (const std::string& row : packed.rows)
    listed.posts.push_back(dynamo_backend::row_from<Post>(row));
  const bool was_kept = taxonomy_is_kept();
  web::Response response;
  kept_first_page().renew([&] {
    response = show_home(request, {}, listed, *taxonomy(), 1, count_if_kept(was_kept));
    return was_kept
               ? std::make_shared<const FirstPage>(FirstPage{std::move(packed.rows), response.body})
               : nullptr;  // it does not say how many posts there are
  });
  return response;
}

}  // namespace

web::Response home(web::Request& request) {
  const bool is_anonymous = !request.header("Cookie") && !request.header("Authorization");
  const bool keeps = !request.application().options().debug;  // where templates may change
  if (keeps && is_anonymous && request.query_parameters().empty()) {
    web::Response response = first_page(request);
    response.add_vary("Cookie");
    return response;
  }
  const auto text = [&](const char* name) {
    return trimmed(request.query(name).value_or(std::string_view()));
  };
  const Filters filters{.words = text("q"), .tag = text("tag"), .category = text("category")};
  const std::string cursor(request.query("cursor").value_or(""));
  std::size_t number = page_number(request);
  if (cursor.empty() && number > (filters.empty() ? 1 + kMostSkipped : 1)) number = 1;
  const bool was_kept = taxonomy_is_kept();
  const auto all = taxonomy();
  const Listed listed = list_posts(filters, *all, cursor, number);
  return show_home(request, filters, listed, *all, number,
                   filters.empty() ? count_if_kept(was_kept) : std::nullopt);
}

web::Response tag_page(web::Request& request, std::string_view slug) {
  const auto all = taxonomy();
  const Tag* tag = all->tag(slug);
  if (!tag) throw web::HttpError(404, "not_found", "There is no such tag.");
  const Listed listed = tagged_posts(tag, nullptr, kTagPosts);
  web::Context page;
  page.set("name", tag->name).set("hue", hue_class(tag->colour));
  page.set("summary", listed.total ? count_of(static_cast<std::int64_t>(*listed.total), "post",
                                              "posts, newest first")
                                   : "The newest first");
  add_cards(page, listed.posts, *all);
  add_taxonomy(page, *all, slug);
  return web::render(request, "blog/tag.html", page);
}

web::Response category_page(web::Request& request, std::string_view slug) {
  const auto all = taxonomy();
  const Category* category = all->category(slug);
  if (!category) throw web::HttpError(404, "not_found", "There is no such category.");
  // In the order of the links; what everyone may see.
  std::vector<Uuid> keys;
  for (const PostCategory& link :
       PostCategory::objects.filter(f<&PostCategory::category_pk> == Ref<Category>(category->pk))
           .order_by("order")
           .limit(kCategoryPosts)) {
    const bool is_new = std::find(keys.begin(), keys.end(), link.post_pk.pk) == keys.end();
    if (is_new) keys.push_back(link.post_pk.pk);  // the API files a post as often as it is asked to
  }
  const auto found = Post::objects.all().in_bulk(keys);
  std::vector<Post> posts;
  for (const Uuid& key : keys) {
    const auto post = found.find(key);
    if (post != found.end() && post->second.published && post->second.is_public)
      posts.push_back(post->second);
  }
  web::Context page;
  page.set("name", category->name);
  page.set("summary", category->description.empty()
                          ? count_of(static_cast<std::int64_t>(posts.size()), "post", "posts")
                          : category->description);
  for (const Category* ancestor : all->ancestors_of(*category))
    page.add("ancestors").set("slug", ancestor->slug).set("name", ancestor->name);
  const auto children = all->children_of(*category);
  page.show("has_subcategories", !children.empty());
  for (const Category* child : children)
    page.add("subcategories").set("slug", child->slug).set("name", child->name);
  add_cards(page, posts, *all);
  add_taxonomy(page, *all, {}, slug);
  return web::render(request, "blog/category.html", page);
}

web::Response author_page(web::Request& request, base::Uuid pk) {
  const auto author = Author::objects.try_get(pk);
  if (!author) throw web::HttpError(404, "not_found", "There is no such author.");
  web::Context page;
  page.set("author", author->username).set("author_initial", initial(author->username));
  set_time(page, "joined", author->created_at);
  if (!author->bio.empty()) page.add("bio").set("text", author->bio);
  if (const auto profile = author->related<&AuthorProfile::author_pk>().first()) {
    if (!profile->location.empty()) page.add("location").set("text", profile->location);
    if (!profile->twitter.empty()) page.add("twitter").set("text", profile->twitter);
    if (!profile->website.empty()) page.add("website").set("url", profile->website);
    page.add("followers").set("number", profile->follower_count);
  }
  // The newest that everyone may see; an author's drafts do not hide them, within a budget.
  const auto latest = author->related<&Post::author_pk>()
                          .filter(f<&Post::published> == true && f<&Post::is_public> == true)
                          .order_by("-created_at")
                          .limit(kAuthorPosts)
                          .page_budget(kFallbackUnits)
                          .page();
  const auto all = taxonomy();
  add_cards(page, latest.items, *all, "No posts yet.");
  return web::render(request, "blog/author.html", page);
}

}  // namespace demo_app
