// Rows of a model that is known at run time only: reading, writing and checking them through their
// ModelInfo.
//
// Plain code under the typed surface (model.h, queryset.h), and what admin, forms and REST call. A
// `void*` is an object of the model's C++ type.
// Thread safety: as the row's own.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/model_info.h"
#include "dynamo_backend/relations.h"
#include "dynamodb/item_view.h"

namespace dynamo_backend {

// Where a row is, for a transaction that tells it in the end what became of it: the address goes
// with a row that is moved; a copy is another row, and a row that is assigned to or ends is
// forgotten.
class RowLink {
 public:
  RowLink() = default;
  RowLink(const RowLink&) noexcept {}
  RowLink(RowLink&& o) noexcept : at_(std::move(o.at_)) { point_here(); }
  RowLink& operator=(const RowLink& o) noexcept {
    if (this != &o) drop();
    return *this;
  }
  RowLink& operator=(RowLink&& o) noexcept {
    if (this == &o) return *this;
    drop();
    at_ = std::move(o.at_);
    point_here();
    return *this;
  }
  ~RowLink() { drop(); }
  // Holds the link's address, nullptr once the row is gone.
  std::shared_ptr<RowLink*> share() {
    if (!at_) at_ = std::make_shared<RowLink*>(this);
    return at_;
  }

 private:
  void point_here() {
    if (at_) *at_ = this;
  }
  void drop() {
    if (at_) *at_ = nullptr;
    at_.reset();
  }
  std::shared_ptr<RowLink*> at_{};
};

// A row's packed bytes: its own, or its part of a page that rows read together share. Copies have
// their own, so that one row kept for long does not hold a page.
class StoredItem {
 public:
  using Page = std::shared_ptr<const dynamodb::ItemList>;

  StoredItem() = default;
  StoredItem(const StoredItem& o) : own_(o.bytes()) {}
  StoredItem(StoredItem&& o) noexcept
      : own_(std::exchange(o.own_, {})), page_(std::move(o.page_)), part_(o.part_) {}
  StoredItem& operator=(StoredItem o) noexcept {
    own_.swap(o.own_);
    page_.swap(o.page_);
    part_ = o.part_;
    return *this;
  }
  void set(std::string_view packed) {
    own_ = packed;
    page_.reset();
  }
  // REQUIRES: `packed` is in `page`.
  void share(std::string_view packed, Page page) {
    own_.clear();
    page_ = std::move(page);
    part_ = packed;
  }
  void clear() { set({}); }
  std::string_view bytes() const& { return page_ ? part_ : std::string_view(own_); }

 private:
  std::string own_{};
  Page page_{};
  std::string_view part_{};  // of page_
};

// What a row knows beside its members: itself as last read or written, so that save() sends what
// changed.
class RowState {
 public:
  // What prefetch() read of the rows that point to this one, by the other model's field. Shared by
  // the row's copies.
  void set_fetched(const FieldInfo* field, std::shared_ptr<const FetchedRows> rows) {
    if (!fetched_) fetched_ = std::make_shared<FetchedRelations>();
    fetched_->set(field, std::move(rows));
  }
  const std::shared_ptr<FetchedRelations>& fetched_relations() const { return fetched_; }
  bool is_new() const { return packed().empty(); }
  dynamodb::ItemView stored() const& { return dynamodb::ItemView(packed()); }
  std::string_view packed() const& { return stored_.bytes(); }
  // `page`: that `packed` is in and stays in; null: there is none.
  void set_stored(std::string_view packed, StoredItem::Page page = nullptr) {
    page ? stored_.share(packed, std::move(page)) : stored_.set(packed);
    only_.clear();
  }
  // The fields that were read, where only() left others out; empty: all.
  const std::vector<const FieldInfo*>& only() const { return only_; }
  void set_only(std::vector<const FieldInfo*> fields) { only_ = std::move(fields); }
  void forget() {
    stored_.clear();
    fetched_.reset();
  }
  // The attributes that the last save() wrote.
  const std::vector<std::string_view>& last_written() const { return written_; }
  void set_written(std::vector<std::string_view> attributes) { written_ = std::move(attributes); }
  RowLink& link() { return link_; }

 private:
  StoredItem stored_{};  // empty: not in the table as far as this object knows
  std::vector<std::string_view> written_{};
  std::vector<const FieldInfo*> only_{};
  RowLink link_{};
  std::shared_ptr<FetchedRelations> fetched_{};
};

// ---- reading
// Decodes a stored item into a row that holds C++ defaults. `page`: that it is in, where the row
// may share it. Throws DatabaseError for an attribute that its member cannot hold.
void load_row(const ModelInfo& model, void* row, std::string_view packed,
              StoredItem::Page page = nullptr);
// The row as it would be stored. Throws ValidationError for values that DynamoDB cannot hold.
dynamodb::PackedItem pack_row(const ModelInfo& model, const void* row);
dynamodb::Item key_of(const ModelInfo& model, const void* row);
dynamodb::Item key_of(const ModelInfo& model, dynamodb::ItemView item);
// For messages: UTF-8, bytes in base64.
std::string key_text(const ModelInfo& model, const dynamodb::Item& key);
// One row of a model, among all rows of all models.
std::string row_identity(const ModelInfo& model, const dynamodb::Item& key);
void bind_many(const ModelInfo& model, void* row);  // tells the row's Many members whose they are
// The stored item, strongly consistent; nullopt when there is none, or it has expired.
std::optional<dynamodb::PackedItem> fetch(const ModelInfo& model, const dynamodb::Item& key);
// The same, where a RequestScope may answer with what the request has read before.
std::optional<dynamodb::PackedItem> look_up(const ModelInfo& model, const dynamodb::Item& key);

// Reads the members that only() left out; what was read before stays as it is. DoesNotExist: the
// row is gone.
void complete_row(const ModelInfo& model, void* row);

// ---- writing
// Inserts a new row (IntegrityError when its key exists) or writes what changed (DoesNotExist when
// the row is gone, ConflictError when its version is not the one read). Sets automatic values,
// validates and keeps unique claims.
void save_row(const ModelInfo& model, void* row);
// Its two halves: what a listener of post_save throws is no failure of the write.
struct Written {
  bool created = false;
  std::vector<const FieldInfo*> fields{};
};
Written write_row(const ModelInfo& model, void* row);
void tell_listeners(const ModelInfo& model, void* row, const Written& written);
// Writes on condition that all of the row that was read is as it was: ConflictError without a
// VersionField, too.
Written write_row_as_read(const ModelInfo& model, void* row);
// Deletes the row and what hangs on it. DoesNotExist when it is gone, ProtectedError when others
// hold it.
void remove_row(const ModelInfo& model, void* row);
// Inserts many. Rows are in batches: when one fails those before it are stored, and the error says
// how many.
void bulk_insert(const ModelInfo& model, const std::vector<void*>& rows);

// ---- checking
enum class Strictness : std::uint8_t {
  storable,  // what save() demands: types, lengths, forms, keys
  full,  // what full_clean(), forms and REST demand: also that texts are not blank and have no NUL,
         // and foreign keys of members that are not optional are set
};
void validate_row(const ModelInfo& model, const void* row,
                  Strictness strictness);  // throws ValidationError
// One field's value, as an update would store it. Adds to `errors`.
void validate_value(const FieldInfo& field, const Value& value, Strictness strictness,
                    ValidationError& errors);

// ---- JSON
void write_row(const ModelInfo& model, const void* row,
               base::JsonWriter& out);  // an object of all stored fields
// Takes the members that `object` has; throws ValidationError that lists all that does not fit,
// unknown names included. Keys and automatic fields are refused.
void update_from_json(const ModelInfo& model, void* row, const Json& object);

}  // namespace dynamo_backend
