#include "admin/deletion_preview.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "admin/site.h"
#include "admin/values.h"
#include "dynamo_backend/cascade_plan.h"
#include "dynamo_backend/expiry.h"
#include "dynamo_backend/request_scope.h"
#include "dynamo_backend/rows.h"

namespace admin {
namespace {

using dynamo_backend::ModelInfo;
using dynamo_backend::OnDelete;
using dynamo_backend::PackedRows;
using dynamo_backend::Registry;

constexpr std::size_t kTexts = 100;

class Walk {
 public:
  explicit Walk(std::size_t most) : most_(most) {}

  DeletionPreview run(const ModelInfo& model, std::span<const std::shared_ptr<void>> rows) {
    const dynamo_backend::RequestScope::Quiet quiet;
    for (const auto& row : rows) take(model, pack_row(model, row.get()));
    while (!waiting_.empty() && out_.complete) {
      const auto [of, item] = std::move(waiting_.front());
      waiting_.pop_front();
      for (const Registry::Reference& by : Registry::instance().references_to(*of))
        follow(*of, item, by);
    }
    for (const auto& [child, by] : restricting_) {
      if (seen_.count(child) > 0) continue;  // it goes itself
      out_.protected_by = "It cannot be deleted: " + plural(words_of(*by.model)) +
                          " point to it, or to what would go with it, by " +
                          std::string(by.field->attribute) + ", and must be deleted first.";
    }
    return std::move(out_);
  }

 private:
  void take(const ModelInfo& model, dynamodb::PackedItem row) {
    if (!seen_.insert(row_identity(model, key_of(model, row.view()))).second) return;
    if (seen_.size() > most_) {
      out_.complete = false;
      return;
    }
    auto count = std::find_if(out_.counts.begin(), out_.counts.end(),
                              [&](const auto& c) { return c.first == &model; });
    if (count == out_.counts.end()) count = out_.counts.insert(count, {&model, 0});
    ++count->second;
    if (model.row.make) {  // links of a many-to-many say nothing to people
      if (out_.texts.size() < kTexts)
        out_.texts.push_back(words_of(model) + ": " +
                             row_text(model, row_of(model, row.bytes()).get()));
      else
        out_.more = true;
    }
    waiting_.emplace_back(&model, std::move(row));
  }

  void follow(const ModelInfo& model, const dynamodb::PackedItem& item,
              const Registry::Reference& by) {
    if (by.field->on_delete == OnDelete::set_null) return;
    visit_children(model, item.view(), by, 100, [&](PackedRows rows) {
      for (dynamodb::PackedItem& child : rows) {
        if (by.field->on_delete != OnDelete::restrict_)
          take(*by.model, std::move(child));
        else if (!dynamo_backend::has_expired(*by.model, child.view(), now_))
          restricting_.emplace(row_identity(*by.model, key_of(*by.model, child.view())), by);
      }
      // More of them than there are rows that go: one of them stays.
      return out_.complete && restricting_.size() <= most_;
    });
  }

  const std::size_t most_;
  const base::Timestamp now_ = dynamo_backend::Connection::current().now();
  std::deque<std::pair<const ModelInfo*, dynamodb::PackedItem>> waiting_{};
  std::set<std::string> seen_{};
  std::map<std::string, Registry::Reference> restricting_{};  // by the child's identity
  DeletionPreview out_{};
};

}  // namespace

DeletionPreview preview_deletion(const ModelInfo& model,
                                 std::span<const std::shared_ptr<void>> rows, std::size_t most) {
  return Walk(most).run(model, rows);
}

std::vector<const ModelInfo*> models_deleted_with(const ModelInfo& model) {
  std::vector<const ModelInfo*> found{&model};
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (const Registry::Reference& by : Registry::instance().references_to(*found[i])) {
      const bool goes = by.field->on_delete == OnDelete::cascade && by.model->row.make;
      if (goes && std::find(found.begin(), found.end(), by.model) == found.end())
        found.push_back(by.model);
    }
  }
  return found;
}

}  // namespace admin
