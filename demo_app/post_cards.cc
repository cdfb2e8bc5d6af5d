#include "demo_app/post_cards.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "demo_app/markdown.h"
#include "demo_app/text.h"

namespace demo_app {
namespace {

using dynamo_backend::f;

constexpr std::size_t kExcerpt = 220;     // characters
constexpr std::size_t kMostListed = 100;  // of tags, and of categories of one level, beside a page

int hex_pair(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    value *= 16;
    if (c >= '0' && c <= '9') value += c - '0';
    if (c >= 'a' && c <= 'f') value += c - 'a' + 10;
    if (c >= 'A' && c <= 'F') value += c - 'A' + 10;
  }
  return value;
}

template <class Row>
void add_link(web::Context& context, std::string_view section, const Row& row) {
  web::Context link = context.add(section);
  link.set("slug", row.slug).set("name", row.name);
  if constexpr (std::is_same_v<Row, Tag>) link.set("hue", hue_class(row.colour));
}

// "current" is taken by the category that it is below: sections are looked up outwards.
void add_child(web::Context& parent, const Category& category, std::string_view current) {
  web::Context entry = parent.add("children");
  entry.set("slug", category.slug).set("name", category.name);
  entry.show("current_child", category.slug == current);
}

}  // namespace

dynamo_backend::QuerySet<Post> feed() {
  return Post::objects.filter(f<&Post::feed> == "all").order_by("-created_at");
}

void add_pills(web::Context& context, const Post& post, const Taxonomy& taxonomy) {
  const auto tags = taxonomy.tags_of(post);
  const auto categories = taxonomy.categories_of(post);
  for (const Tag* tag : tags) add_link(context, "labels", *tag);
  for (const Category* category : categories) add_link(context, "categories", *category);
  context.show("has_pills", !tags.empty() || !categories.empty());
}

void add_cards(web::Context& page, const std::vector<Post>& posts, const Taxonomy& taxonomy,
               std::string_view empty_text) {
  page.show("has_posts", !posts.empty());
  if (posts.empty()) {
    page.show("no_posts").set("empty_text", empty_text);
    return;
  }
  std::vector<Uuid> keys;
  for (const Post& post : posts) keys.push_back(post.author_pk.pk);
  const auto authors = Author::objects.all().in_bulk(keys);
  for (const Post& post : posts) {
    web::Context card = page.add("posts");
    const auto author = authors.find(post.author_pk.pk);
    card.set("pk", post.pk.str()).set("title", post.title);
    card.set("author_pk", post.author_pk.pk.str());
    card.set("author", author == authors.end() ? "Unknown" : author->second.username);
    set_time(card, "created", post.created_at);
    card.set("views", count_of(post.view_count, "view", "views"));
    if (const std::string text = markdown_excerpt(post.body, kExcerpt); !text.empty())
      card.add("excerpt").set("text", text);
    add_pills(card, post, taxonomy);
  }
}

void add_taxonomy(web::Context& page, const Taxonomy& taxonomy, std::string_view current_tag,
                  std::string_view current_category) {
  const auto roots = taxonomy.roots();
  page.show("has_all_tags", !taxonomy.tags().empty());
  page.show("has_all_categories", !roots.empty());
  for (std::size_t i = 0; i < std::min(taxonomy.tags().size(), kMostListed); ++i) {
    const Tag& tag = taxonomy.tags()[i];
    web::Context entry = page.add("all_tags");
    entry.set("slug", tag.slug).set("name", tag.name).set("hue", hue_class(tag.colour));
    entry.show("current", tag.slug == current_tag);
  }
  for (std::size_t i = 0; i < std::min(roots.size(), kMostListed); ++i) {
    web::Context entry = page.add("all_categories");
    entry.set("slug", roots[i]->slug).set("name", roots[i]->name);
    entry.show("current", roots[i]->slug == current_category);
    const auto children = taxonomy.children_of(*roots[i]);
    entry.show("has_children", !children.empty());
    for (std::size_t k = 0; k < std::min(children.size(), kMostListed); ++k)
      add_child(entry, *children[k], current_category);
  }
}

std::string hue_class(std::string_view colour) {
  if (colour.size() != 7 || colour.front() != '#') return "hue-grey";
  const int red = hex_pair(colour.substr(1, 2)), green = hex_pair(colour.substr(3, 2)),
            blue = hex_pair(colour.substr(5, 2));
  const int most = std::max({red, green, blue}), least = std::min({red, green, blue});
  const double range = most - least;
  if (range < 24) return "hue-grey";
  // The hue of HSL, in sixths of the circle.
  double hue = 0;
  if (most == red)
    hue = std::fmod((green - blue) / range + 6, 6);
  else if (most == green)
    hue = (blue - red) / range + 2;
  else
    hue = (red - green) / range + 4;
  return "hue-" + std::to_string(static_cast<int>(std::lround(hue * 2)) % 12);
}

void set_time(web::Context& context, const std::string& name, Timestamp time) {
  static constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(time));
  context.set(name, std::string(kMonths[unsigned(date.month()) - 1]) + " " +
                        std::to_string(unsigned(date.day())) + ", " +
                        std::to_string(int(date.year())));
  context.set(name + "_iso", base::to_iso(time));
}

std::string count_of(std::int64_t number, std::string_view one, std::string_view many) {
  return std::to_string(number) + " " + std::string(number == 1 ? one : many);
}

std::string initial(std::string_view name) { return std::string(first_characters(name, 1)); }

}  // namespace demo_app
