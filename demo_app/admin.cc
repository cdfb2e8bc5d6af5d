#include "demo_app/admin.h"

#include "admin/site.h"
#include "demo_app/models.h"

namespace demo_app {

// Keys and automatic times are read-only by themselves.
void register_admin() {
  admin::Site& site = admin::site();
  site.add<Author>({.list_display = {"pk", "username", "email", "created_at"},
                    .search_fields = {"username", "email"},
                    .inlines = {admin::inline_of<AuthorProfile>({.stacked = true, .extra = 0})}});
  site.add<AuthorProfile>(
      {.list_display = {"pk", "author_pk", "website", "twitter", "location", "follower_count"},
       .search_fields = {"twitter", "location"},
       .raw_id_fields = {"author_pk"}});
  site.add<Tag>(
      {.list_display = {"pk", "name", "slug", "colour"}, .search_fields = {"name", "slug"}});
  site.add<Category>({.list_display = {"pk", "name", "slug", "parent_pk"},
                      .search_fields = {"name", "slug"},
                      .raw_id_fields = {"parent_pk"}});
  site.add<Post>({.list_display = {"pk", "title", "author_pk", "slug", "published", "public",
                                   "view_count", "created_at"},
                  .list_filter = {"published", "public"},
                  .search_fields = {"title", "slug"},
                  .list_per_page = 50,
                  .filter_horizontal = {"labels"},
                  .inlines = {admin::inline_of<PostCategory>({.raw_id_fields = {"category_pk"}})}});
  site.add<PostCategory>(
      {.list_display = {"pk", "post_pk", "category_pk", "order", "pinned", "added_at"},
       .list_filter = {"pinned"},
       .raw_id_fields = {"post_pk", "category_pk"}});
  site.add<Comment>({.list_display = {"pk", "author_name", "post_pk", "approved", "created_at"},
                     .list_filter = {"approved"},
                     .search_fields = {"author_name", "body"},
                     .raw_id_fields = {"post_pk"}});
  site.add<PostRevision>({.list_display = {"pk", "post_pk", "editor_pk", "revision_number",
                                           "change_summary", "created_at"},
                          .search_fields = {"change_summary"},
                          .raw_id_fields = {"post_pk", "editor_pk"}});
}

}  // namespace demo_app
