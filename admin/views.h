// The admin's pages. web/ and auth/ are set up by the application (docs/topics/admin.md).
//
//   admin::configure(application);        // templates, static files, the price of a page
//   admin::urls(application.router());    // below /admin/
//
// configure() comes before sessions and authentication, whose reads are in the price.
//
// Thread safety: set up on one thread.
#pragma once
#include <cstddef>
#include <memory>

#include "web/application.h"

namespace admin {

void configure(web::Application& application);
void urls(web::Router& router);

// A form of some hundred inline rows, or a list of 200 that are edited.
constexpr std::size_t kFormFields = 10'000;

// ---- for urls(): each file of views adds its own
class JobThreads;
void add_list_routes(web::Router& router, const std::shared_ptr<JobThreads>& threads);
void add_find_routes(web::Router& router);
void add_form_routes(web::Router& router);
void add_job_routes(web::Router& router, const std::shared_ptr<JobThreads>& threads);
void add_transfer_routes(web::Router& router);
void add_table_routes(web::Router& router);

}  // namespace admin
