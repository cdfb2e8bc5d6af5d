// What a request of the REST API may do with which rows (rules Z2, Z3, Z5).
//
//   who                 posts                           other rows
//   anonymous           reads what is published         reads
//   a user              reads, writes and deletes own   changes own author and profile, comments
//   staff               all                             all
//
// A permission ("demo_app.add_tag") lets a user do the one thing that it names. What one may not
// see is 404, what one may see and not change is 403. In the open demo (auth.h) who is anonymous
// writes as staff does, and reads as everyone.
//
// Thread safety: one thread at a time, the request's.
#pragma once
#include "demo_app/viewer.h"

namespace demo_app {

// Whether the request writes any row: staff, and the open demo.
bool writes_all(web::Request& request);

// HttpError 404 with `message`, where the post is not there for this request.
Post post_to_read(web::Request& request, const Uuid& pk, const char* message = "Post not found");
// The same; 403 where it is not this request's to change.
Post post_to_edit(web::Request& request, const Uuid& pk, const char* message = "Post not found");

// HttpError 403 unless the request may write all, or has the permission.
void require_permission(web::Request& request, std::string_view codename);
// The same, or is the author's own.
void require_author(web::Request& request, const Author& author);

// As others see it: without the address, which the author and staff see.
Author shown(web::Request& request, Author author);

}  // namespace demo_app
