// What views of lists share; what is done to chosen rows of one, or to all: asked for, confirmed,
// and begun as a job.
// Thread safety: a request's.
#pragma once
#include "admin/changelist.h"
#include "admin/page.h"
#include "admin/views.h"

namespace admin {

// Of the list that a request shows.
std::string list_url(const Page& page, const ModelAdmin& admin, const ListRequest& request);

// What the person may see of a list, and what it may cost.
ListLimits limits_for(const Page& page, const ModelAdmin& admin);

// The page that asks. Throws Refusal for what the person may not do to these rows.
web::Response confirm_action(Page& page, const ModelAdmin& admin, const ListRequest& request);
// What was confirmed. Throws as confirm_action() does.
web::Response start_action(Page& page, const ModelAdmin& admin, JobThreads& threads);

}  // namespace admin
