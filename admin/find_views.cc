// One search over all that a person may see: models by their names, rows as their lists find them.
#include <algorithm>

#include "admin/list_actions.h"
#include "admin/page.h"
#include "admin/views.h"
#include "dynamo_backend/search/query_text.h"
#include "dynamo_backend/text.h"

namespace admin {
namespace {

using dynamo_backend::ascii_lower;

constexpr std::size_t kShown = 5;  // rows of a model

// Whether there is anything.
bool show_found(const Page& page, const ModelAdmin& admin, const ListRequest& request,
                const ChangeList& list, web::Context& context) {
  if (list.rows.empty() && list.blocked.empty()) return false;
  web::Context turn = context.add("found");
  turn.set("found_title", admin.title()).set("list_url", list_url(page, admin, request));
  turn.show("too_large", !list.blocked.empty());
  for (std::size_t i = 0; i < std::min(list.rows.size(), kShown); ++i)
    turn.add("found_rows")
        .set("row", list.rows[i].text)
        .set("row_url", row_url(admin, list.rows[i].key) + "change/");
  turn.show("has_more", list.rows.size() > kShown || list.next.has_value());
  return true;
}

web::Response find_page(Page& page) {
  const ListRequest request{.search = std::string(page.request.query("q").value_or(""))};
  page.context.set("words", request.search);
  std::vector<const ModelAdmin*> searched;
  bool any = false;
  for (const ModelAdmin* admin : site().models()) {
    if (request.search.empty() || !page.may(*admin, "view")) continue;
    if (ascii_lower(admin->title()).find(ascii_lower(request.search)) != std::string::npos) {
      web::Context place = page.context.add("places");
      place.set("place", admin->title()).set("place_url", model_url(*admin));
      any = true;
    }
    if (!admin->options.search_fields.empty()) searched.push_back(admin);
  }
  // A text that is too long is no search of any list: it is said before one is read.
  if (!searched.empty()) (void)dynamo_backend::search::parse_query_text(request.search);
  double left = site().options.scan_units;  // together as much as one list may take
  for (const ModelAdmin* admin : searched) {
    ListLimits limits = limits_for(page, *admin);
    limits.scan_units = left;
    limits.counts = false;
    const ChangeList list = change_list(*admin, request, limits);
    const bool read_table = !list.ranked && list.blocked.empty();
    const double units = read_table ? table_facts(admin->model).units() : 0;
    left = left > units ? left - units : left / 100;
    any = show_found(page, *admin, request, list, page.context) || any;
  }
  page.context.show("nothing", !any && !request.search.empty());
  page.crumb("Find");
  return page.render("admin/find.html", "Find everywhere");
}

}  // namespace

void add_find_routes(web::Router& router) {
  router.get("/admin/find/", view(find_page), "admin:find").access(web::Access::staff);
}

}  // namespace admin
