// ModelFormSet: forms for several rows of a model on one page: an admin's inlines, a list that is
// edited in place.
//
//   forms::ModelFormSet comments(dynamo_backend::model_info<Comment>(), rows,
//                                {.form = {.fields = {"body", "approved"}},
//                                 .prefix = "comments", .extra = 1, .can_delete = true,
//                                 .fixed = {{"post_pk", post.pk.str()}}});
//   if (comments.bind(web::form(request)) && comments.save()) …
//
// The page writes management_html() once and, for each entry, its form's fields and
// entry_html(): the key of its row. What is sent names rows by key, and only those that the set was
// made with are taken. An entry for a new row that was left as it was shown makes none.
//
// Thread safety: one thread at a time.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "forms/model_form.h"

namespace forms {

struct ModelFormSetOptions {
  ModelFormOptions form{};  // of each entry; its prefix is made
  std::string prefix = "form";
  std::size_t extra = 0;  // entries for new rows
  std::size_t max = 200;  // entries that are taken
  bool can_delete = false;
  // Values that new rows have: the foreign key of an inline.
  std::vector<std::pair<std::string, Value>> fixed{};
};

class ModelFormSet {
 public:
  struct Entry {
    std::shared_ptr<void> row{};
    std::unique_ptr<ModelForm> form{};
    std::string key{};        // of the stored row; empty: a new one
    bool deleted = false;     // it is to be, by what was sent
    bool left_empty = false;  // a new one in which nothing was entered

    bool is_written() const { return !deleted && !left_empty; }
  };

  ModelFormSet(const dynamo_backend::ModelInfo& model, std::vector<std::shared_ptr<void>> rows,
               ModelFormSetOptions options = {});

  bool bind(const web::FormData& data);
  bool is_valid() const;
  // Deletes, then saves, entry by entry. False where the database refuses one: its form says why,
  // and what came before it is saved.
  bool save();

  std::vector<Entry>& entries() { return entries_; }
  const std::vector<Entry>& entries() const { return entries_; }
  // Errors of the set as a whole.
  const std::vector<std::string>& errors() const { return errors_; }

  web::SafeHtml management_html() const;               // how many entries there are
  web::SafeHtml entry_html(std::size_t index) const;   // the row's key, and hidden fields
  web::SafeHtml delete_html(std::size_t index) const;  // a checkbox; nothing where none is allowed
  // An entry with "__prefix__" in its number's place, for a script that adds entries.
  Entry template_entry();

 private:
  Entry make_entry(std::shared_ptr<void> row, std::string key, const std::string& number);
  Entry new_entry(const std::string& number);
  std::string name(std::size_t index, std::string_view field) const;

  const dynamo_backend::ModelInfo& model_;
  ModelFormSetOptions options_;
  std::vector<std::shared_ptr<void>> rows_;
  std::vector<Entry> entries_{};
  std::size_t total_ = 0;  // numbers in use: one above the highest
  std::vector<std::string> errors_{};
  bool bound_ = false;
};

}  // namespace forms
