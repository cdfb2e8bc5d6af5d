// EditForm: the add and change form of one row: what it shows, and what it takes of what was sent.
//
// Names of inputs: a field's attribute; "base:" and the same for its text as shown; for an inline
// "<model>-<n>-" before each, with "__key" and "__delete" beside them, and "<model>-__total". A
// second inline of a model's name has "<model>.2-" for it.
// Thread safety: one thread at a time.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "admin/page.h"
#include "admin/row_edit.h"

namespace admin {

class EditForm {
 public:
  // `key`: of a stored row; absent: of a new one, filled from `row`.
  EditForm(const Page& page, const ModelAdmin& admin, std::optional<dynamodb::Item> key,
           std::shared_ptr<void> row);

  // What was sent, as far as the user may send it. `as_new`: as a new row, with new inlines.
  EditInput input(const web::FormData& form, bool as_new = false) const;
  // Puts the form into the context. `sent`, `result`: of a form that was refused.
  void show(web::Context& context, const web::FormData* sent, const Edited* result) const;
  // Of a new row: values by a URL's parameters.
  void prefill(const Parameters& parameters);
  bool can_save() const { return can_save_; }

 private:
  struct Shown;
  struct InlineLine;
  bool editable(const FieldInfo& field) const;
  void show_field(web::Context& turn, const Shown& shown) const;
  void show_links(web::Context& turn, const FieldInfo& field, const web::FormData* sent,
                  const Edited* result) const;
  void show_inline(web::Context& context, const Inline& in, const web::FormData* sent,
                   const Edited* result) const;
  InlineInput inline_input(const Inline& in, const web::FormData& form, bool as_new) const;
  void show_inline_line(web::Context& turn, const Inline& in, const InlineLine& line,
                        const web::FormData* sent, const Edited* result) const;
  std::string inline_prefix(const Inline& in) const;  // "note-" of Note
  std::vector<std::shared_ptr<void>> inline_rows(const Inline& in) const;
  std::vector<InlineLine> sent_lines(const Inline& in, const web::FormData& sent,
                                     std::size_t& gone) const;
  bool may_inline(const Inline& in, std::string_view verb) const;
  // Of a stored row: what its own model's admin says of single rows, too.
  bool may_inline_row(const Inline& in, std::string_view verb, const void* row) const;
  bool inline_editable(const Inline& in, const FieldInfo& field, bool is_new) const;

  const Page& page_;
  const ModelAdmin& admin_;
  const ModelInfo& model_;
  const std::optional<dynamodb::Item> key_;
  const std::shared_ptr<void> row_;
  const bool can_save_;
};

}  // namespace admin
