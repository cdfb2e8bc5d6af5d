// The views of the REST API, by resource. Shapes and status codes: docs/topics/blog.md.
#pragma once
#include <string>

#include "base/uuid.h"
#include "web/request.h"
#include "web/response.h"

namespace demo_app {

web::Response api_root(web::Request& request);

// author_views.cc
web::Response author_list(web::Request& request);
web::Response author_create(web::Request& request);
web::Response author_detail(web::Request& request, base::Uuid pk);
web::Response author_update(web::Request& request, base::Uuid pk);
web::Response author_delete(web::Request& request, base::Uuid pk);
web::Response author_posts(web::Request& request, std::string pk);
web::Response profile_detail(web::Request& request, base::Uuid pk);
web::Response profile_save(web::Request& request, base::Uuid pk);

// post_views.cc
web::Response post_list(web::Request& request);
web::Response post_create(web::Request& request);
web::Response post_search(web::Request& request);
web::Response post_detail(web::Request& request, base::Uuid pk);
web::Response post_update(web::Request& request, base::Uuid pk);
web::Response post_delete(web::Request& request, base::Uuid pk);
web::Response comment_list(web::Request& request, base::Uuid pk);
web::Response comment_create(web::Request& request, base::Uuid pk);
web::Response comment_delete(web::Request& request, base::Uuid pk);

// post_relation_views.cc
web::Response label_list(web::Request& request, base::Uuid pk);
web::Response label_add(web::Request& request, base::Uuid pk);
web::Response label_remove(web::Request& request, base::Uuid pk, base::Uuid tag_pk);
web::Response post_category_list(web::Request& request, base::Uuid pk);
web::Response post_category_create(web::Request& request, base::Uuid pk);
web::Response post_category_delete(web::Request& request, base::Uuid pk);
web::Response revision_list(web::Request& request, base::Uuid pk);
web::Response revision_create(web::Request& request, base::Uuid pk);

// taxonomy_views.cc
web::Response tag_list(web::Request& request);
web::Response tag_create(web::Request& request);
web::Response tag_detail(web::Request& request, base::Uuid pk);
web::Response tag_delete(web::Request& request, base::Uuid pk);
web::Response category_list(web::Request& request);
web::Response category_create(web::Request& request);
web::Response category_detail(web::Request& request, base::Uuid pk);
web::Response category_delete(web::Request& request, base::Uuid pk);

}  // namespace demo_app
