#include "demo_app/taxonomy.h"

#include <algorithm>

#include "demo_app/kept.h"
#include "dynamo_backend/signals.h"

namespace demo_app {
namespace {

constexpr std::chrono::seconds kAge{10};

Kept<Taxonomy>& kept() {
  static Kept<Taxonomy> instance(kAge);
  return instance;
}
Kept<std::uint64_t>& kept_count() {
  static Kept<std::uint64_t> instance(kAge);
  return instance;
}

template <class T, class Index>
void index_rows(const std::vector<T>& rows, Index& by_key, Index& by_slug) {
  for (const T& row : rows) {
    by_key.emplace(row.pk.str(), &row);
    by_slug.emplace(row.slug, &row);
  }
}

template <class T>
const T* find(const std::map<std::string, const T*, std::less<>>& index, std::string_view key) {
  const auto at = index.find(key);
  return at == index.end() ? nullptr : at->second;
}

template <class T>
std::vector<const T*> find_all(const std::map<std::string, const T*, std::less<>>& index,
                               const std::set<std::string>& keys) {
  std::vector<const T*> found;
  for (const std::string& key : keys) {
    if (const T* row = find(index, key)) found.push_back(row);
  }
  std::sort(found.begin(), found.end(), [](const T* a, const T* b) { return a->name < b->name; });
  return found;
}

std::shared_ptr<const Taxonomy> read_taxonomy() {
  return std::make_shared<const Taxonomy>(
      Tag::objects.order_by("name").allow_scan("all tags, kept in memory").to_vector(),
      Category::objects.order_by("name").allow_scan("all categories, kept in memory").to_vector());
}

// Drafts and private posts are not in the feed's index.
std::shared_ptr<const std::uint64_t> read_count() {
  const auto& connection = dynamo_backend::Connection::current();
  const auto table = dynamo_backend::take(connection.client().describe_table(connection.table(
                                              dynamo_backend::model_info<Post>().table)),
                                          "DescribeTable");
  std::uint64_t count = 0;
  for (const auto& index : table.global_indexes)
    if (index.definition.name == "feed") count = index.item_count;
  return std::make_shared<const std::uint64_t>(count);
}

}  // namespace

Taxonomy::Taxonomy(std::vector<Tag> tags, std::vector<Category> categories)
    : tags_(std::move(tags)), categories_(std::move(categories)) {
  index_rows(tags_, tags_by_key_, tags_by_slug_);
  index_rows(categories_, categories_by_key_, categories_by_slug_);
}

const Tag* Taxonomy::tag(std::string_view slug) const { return find(tags_by_slug_, slug); }
const Category* Taxonomy::category(std::string_view slug) const {
  return find(categories_by_slug_, slug);
}

std::vector<const Tag*> Taxonomy::tags_of(const Post& post) const {
  return find_all(tags_by_key_, post.label_pks);
}
std::vector<const Category*> Taxonomy::categories_of(const Post& post) const {
  return find_all(categories_by_key_, post.category_pks);
}

std::vector<const Category*> Taxonomy::roots() const {
  std::vector<const Category*> out;
  for (const Category& c : categories_) {
    if (!c.parent_pk) out.push_back(&c);
  }
  return out;
}

std::vector<const Category*> Taxonomy::children_of(const Category& category) const {
  std::vector<const Category*> out;
  for (const Category& c : categories_) {
    if (c.parent_pk && c.parent_pk->pk == category.pk) out.push_back(&c);
  }
  return out;
}

std::vector<const Category*> Taxonomy::ancestors_of(const Category& category) const {
  std::vector<const Category*> out;
  std::set<Uuid> seen{category.pk};
  for (const Category* c = &category; c && c->parent_pk;) {
    c = find(categories_by_key_, c->parent_pk->pk.str());
    if (!c || !seen.insert(c->pk).second) break;
    out.insert(out.begin(), c);
  }
  return out;
}

bool taxonomy_is_kept() { return kept().find() != nullptr; }
std::shared_ptr<const Taxonomy> taxonomy() { return kept().get(read_taxonomy); }

std::uint64_t count_published() { return *kept_count().get(read_count); }

void follow_taxonomy() {
  const auto follow = []<class T>(dynamo_backend::TypedSignals<T> signals) {
    signals.post_save.connect([](T&) { kept().forget(); }).keep();
    signals.post_delete.connect([](T&) { kept().forget(); }).keep();
  };
  const auto follow_posts = [](dynamo_backend::TypedSignals<Post> signals) {
    signals.post_save.connect([](Post&) { kept_count().forget(); }).keep();
    signals.post_delete.connect([](Post&) { kept_count().forget(); }).keep();
  };
  [[maybe_unused]] static const bool follows =
      (follow(dynamo_backend::signals<Tag>()), follow(dynamo_backend::signals<Category>()),
       follow_posts(dynamo_backend::signals<Post>()), true);
}

}  // namespace demo_app
