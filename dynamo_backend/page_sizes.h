// How long the pages are that a reader asks for which may stop early: what PlanReader sends, and
// plan_cost expects.
// Thread safety: a value.
#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>

namespace dynamo_backend {

class PageSizes {
 public:
  static constexpr std::size_t kFirstPage = 100;
  static constexpr std::size_t kLongest = 5000;  // above this a page's own bound of 1 MB does

  PageSizes() = default;  // everything is read: pages as long as DynamoDB makes them
  // `wanted`: rows to hand on; nullopt: until the reader has had enough.
  static PageSizes until(std::optional<std::size_t> wanted) {
    PageSizes sizes;
    sizes.wanted_ = wanted ? std::max<std::size_t>(*wanted, 1) : kFirstPage;
    return sizes;
  }
  // The Limit of the next page. `drops`: rows are dropped on the way, so that more must be looked
  // at than are wanted.
  std::optional<std::uint32_t> next(bool drops) {
    if (wanted_ == 0 || wanted_ > kLongest) return std::nullopt;
    const std::size_t limit = drops ? std::max(wanted_ * 2, kFirstPage) : wanted_;
    wanted_ = std::max(wanted_, kFirstPage / 4) * 4;
    return static_cast<std::uint32_t>(limit);
  }

 private:
  std::size_t wanted_ = 0;
};

}  // namespace dynamo_backend
