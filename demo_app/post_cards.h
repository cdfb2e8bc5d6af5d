// What pages show of posts: cards in lists, the tags and categories beside them, dates and numbers
// as text.
//
// Thread safety: functions of their arguments.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "demo_app/taxonomy.h"
#include "web/context.h"

namespace demo_app {

// What everyone may see: the feed, newest first.
dynamo_backend::QuerySet<Post> feed();

// {{#posts}}, {{#has_posts}} or {{#no_posts}} with `empty_text`. Reads the authors in one batch.
void add_cards(web::Context& page, const std::vector<Post>& posts, const Taxonomy& taxonomy,
               std::string_view empty_text = "No posts found.");
// {{#labels}}, {{#categories}}, {{#has_pills}}
void add_pills(web::Context& context, const Post& post, const Taxonomy& taxonomy);
// {{#all_tags}}, {{#all_categories}}; the slugs of those that the page is about.
void add_taxonomy(web::Context& page, const Taxonomy& taxonomy, std::string_view current_tag = {},
                  std::string_view current_category = {});

// The class of site.css for a tag's colour: the nearest of twelve hues, or grey.
std::string hue_class(std::string_view colour);
// Sets `name` ("Nov 26, 2026") and `name`_iso.
void set_time(web::Context& context, const std::string& name, Timestamp time);
std::string count_of(std::int64_t number, std::string_view one,
                     std::string_view many);  // "2 views"
// Of a name, for an avatar; a whole character of UTF-8.
std::string initial(std::string_view name);

}  // namespace demo_app
