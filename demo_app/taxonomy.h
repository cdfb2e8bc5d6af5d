// Taxonomy: all tags and categories at one moment, as pages show them beside every list.
//
// It is read from the database once and kept by the process: until one of them is saved or deleted
// here, and for a few seconds, after which what other processes wrote is seen.
// Thread safety: any thread; a Taxonomy never changes.
#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "demo_app/models.h"

namespace demo_app {

class Taxonomy {
 public:
  Taxonomy(std::vector<Tag> tags, std::vector<Category> categories);
  Taxonomy(const Taxonomy&) = delete;
  Taxonomy& operator=(const Taxonomy&) = delete;

  const std::vector<Tag>& tags() const { return tags_; }  // by name
  const std::vector<Category>& categories() const { return categories_; }

  const Tag* tag(std::string_view slug) const;  // nullptr: none
  const Category* category(std::string_view slug) const;
  // Of a post's label_pks and category_pks, by name; what is gone is left out.
  std::vector<const Tag*> tags_of(const Post& post) const;
  std::vector<const Category*> categories_of(const Post& post) const;

  std::vector<const Category*> roots() const;
  std::vector<const Category*> children_of(const Category& category) const;
  // From the root to its parent. A cycle of parents ends where it begins again.
  std::vector<const Category*> ancestors_of(const Category& category) const;

 private:
  std::vector<Tag> tags_;
  std::vector<Category> categories_;
  std::map<std::string, const Tag*, std::less<>> tags_by_key_, tags_by_slug_;
  std::map<std::string, const Category*, std::less<>> categories_by_key_, categories_by_slug_;
};

// The current one: two calls of the database where it is not kept.
std::shared_ptr<const Taxonomy> taxonomy();
bool taxonomy_is_kept();

// About how many posts everyone may read; kept in the same way.
std::uint64_t count_published();

// Has these follow what this process saves; called where the models are listed.
void follow_taxonomy();

}  // namespace demo_app
