#include "dynamodb/local/snapshot.h"

#include <cerrno>
#include <filesystem>
#include <map>
#include <system_error>

#include <rocksdb/sst_file_writer.h>
#include <rocksdb/utilities/checkpoint.h>
#include <sys/stat.h>

#include "base/log.h"
#include "dynamodb/local/key_codec.h"
#include "dynamodb/local/stream_writes.h"

namespace dynamodb::local {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxFileBytes = 64 << 20;
constexpr std::size_t kCopyBatchBytes = 1 << 20;

Error cannot_make(const std::string& directory, const std::string& why) {
  return validation_error("cannot make the snapshot " + directory + ": " + why);
}

// Copies everything, as of one moment, into a database of its own: what is in memory cannot be
// linked.
Result<void> copy_to(const Storage& from, const std::string& directory) {
  EngineOptions options{.directory = directory};
  Storage to(options);
  const auto it = from.iterate({});
  rocksdb::WriteBatch batch;
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    batch.Put(it->key(), it->value());
    if (batch.GetDataSize() < kCopyBatchBytes) continue;
    if (auto done = to.commit(batch); done.has_error()) return done;
    batch.Clear();
  }
  if (!it->status().ok()) return storage_error(it->status());
  return to.commit(batch);
}

// Where a snapshot is made before it counts: beside its place, which has no slash at its end.
std::string unfinished_folder(const std::string& place) { return place + ".tmp"; }

Result<void> put_in_place(const std::string& made, const std::string& place) {
  std::error_code error;
  fs::rename(made, place, error);
  if (error) return cannot_make(place, error.message());
  if (!sync_folder(fs::path(place).parent_path()))
    return cannot_make(place, "its folder cannot be synced");
  return {};
}

Result<void> save_copy(const Storage& storage, const std::string& place) {
  const std::string unfinished = unfinished_folder(place);
  try {
    if (auto done = copy_to(storage, unfinished); done.has_error()) return done;
  } catch (const OpenException& failure) {
    return cannot_make(place, failure.what());
  }
  return put_in_place(unfinished, place);
}

// RocksDB makes its folder readable by all: within one that is its owner's alone.
Result<void> save_checkpoint(const Storage& storage, const std::string& place) {
  const fs::path closed = unfinished_folder(place), made = closed / "snapshot";
  if (::mkdir(closed.c_str(), S_IRWXU) != 0)
    return cannot_make(place, std::generic_category().message(errno));
  rocksdb::Checkpoint* checkpoint = nullptr;
  auto status = rocksdb::Checkpoint::Create(&storage.db(), &checkpoint);
  const std::unique_ptr<rocksdb::Checkpoint> owner(checkpoint);
  // 0: what is in memory is flushed, so that there is no log to copy.
  if (status.ok()) status = checkpoint->CreateCheckpoint(made, 0);
  if (!status.ok()) return storage_error(status);
  std::error_code error;
  fs::permissions(made, fs::perms::owner_all, error);
  if (error) return cannot_make(place, error.message());
  return put_in_place(made, place);
}

// Files that together hold a key space: each begins with a deletion of all there was in its range.
class FileMaker {
 public:
  FileMaker(const Storage& storage, std::string folder)
      : options_(storage.db().GetOptions()), folder_(std::move(folder)) {}

  rocksdb::Status add(const rocksdb::Slice& key, const rocksdb::Slice& value) {
    if (writer_ != nullptr && writer_->FileSize() >= kMaxFileBytes) {
      if (const auto status = finish(key.ToString()); !status.ok()) return status;
    }
    if (writer_ == nullptr) {
      if (const auto status = begin(); !status.ok()) return status;
    }
    return writer_->Put(key, value);
  }
  // REQUIRES: something was added. No key is as large as the end: kinds of keys are small numbers
  // (key_codec.h).
  rocksdb::Status finish() { return finish(std::string(1, '\xFF')); }
  const std::vector<std::string>& files() const { return files_; }

 private:
  rocksdb::Status begin() {
    files_.push_back(folder_ + "/" + std::to_string(files_.size()) + ".sst");
    writer_ = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(), options_);
    return writer_->Open(files_.back());
  }
  rocksdb::Status finish(const std::string& end) {
    // Keys of a file have one sequence number: its deletion does not hit what is in it.
    auto status = writer_->DeleteRange(start_, end);
    if (status.ok()) status = writer_->Finish();
    writer_.reset();
    start_ = end;
    return status;
  }

  rocksdb::Options options_;
  std::string folder_;
  std::vector<std::string> files_{};
  std::unique_ptr<rocksdb::SstFileWriter> writer_{};
  std::string start_{};  // of the range that the file at hand replaces
};

// What a batch puts, in order of key.
class Puts : public rocksdb::WriteBatch::Handler {
 public:
  explicit Puts(const rocksdb::WriteBatch& batch) { batch.Iterate(this).PermitUncheckedError(); }
  void Put(const rocksdb::Slice& key, const rocksdb::Slice& value) override {
    entries.insert_or_assign(key.ToString(), value.ToString());
  }
  std::map<std::string, std::string> entries{};
};

// What the snapshot tells of streams, and their records.
bool is_of_streams(const rocksdb::Slice& key) {
  return key.starts_with(StreamCatalog::keys_prefix()) ||
         key.starts_with(rocksdb::Slice(&kStreamPrefix, 1));
}

// The snapshot with `replaced` in place of its own entries, and without its streams.
rocksdb::Status make_files(const Storage& snapshot, std::map<std::string, std::string> replaced,
                           FileMaker& maker) {
  rocksdb::Status status;
  const auto add_replaced = [&](const rocksdb::Slice* before) {
    while (status.ok() && !replaced.empty() &&
           (before == nullptr || before->compare(replaced.begin()->first) > 0)) {
      const auto entry = replaced.extract(replaced.begin());
      status = maker.add(entry.key(), entry.mapped());
    }
  };
  const auto it = snapshot.iterate({});
  for (it->SeekToFirst(); status.ok() && it->Valid(); it->Next()) {
    const rocksdb::Slice key = it->key();
    add_replaced(&key);
    if (status.ok() && !is_of_streams(key) && replaced.count(key.ToString()) == 0)
      status = maker.add(key, it->value());
  }
  if (status.ok()) status = it->status();
  add_replaced(nullptr);
  return status.ok() ? maker.finish() : status;
}

class Restore : public Write {
 public:
  Restore(Storage& storage, std::string directory, Completion<EmptyResult> done)
      : storage_(storage), directory_(std::move(directory)), done_(std::move(done)) {}
  bool alone() const override { return true; }

  void evaluate(Group& group) override {
    try {
      Storage snapshot(OpenReadOnly{directory_});
      outcome_ = replace(group, snapshot);
    } catch (const OpenException& error) {
      outcome_ =
          validation_error("the snapshot " + directory_ + " cannot be read: " + error.what());
    }
  }
  void finish(const Error* failure) override {
    done_(failure != nullptr ? *failure : std::move(outcome_));
  }

 private:
  Result<EmptyResult> replace(Group& group, Storage& snapshot) {
    Catalog& catalog = group.catalog();
    Catalog tables(snapshot);  // reads it whole: what is damaged is refused before it counts
    rocksdb::WriteBatch anew;
    begin_streams(group, tables, anew);
    catalog.streams().write_reservation(anew);
    std::string next;
    append_u32(next, std::max(catalog.next_table_number(), tables.next_table_number()));
    anew.Put(Catalog::next_number_key(), next);
    const std::string folder = storage_.db().GetName() + "/restore.tmp";
    rocksdb::Env& env = *storage_.db().GetEnv();
    auto status = env.CreateDirIfMissing(folder);
    FileMaker maker(storage_, folder);
    if (status.ok()) {
      status = make_files(snapshot, std::move(Puts(anew).entries), maker);
    }
    if (status.ok()) {
      rocksdb::IngestExternalFileOptions options;
      options.move_files = true;
      const Catalog::Replacement replacing(catalog);
      status = storage_.db().IngestExternalFile(maker.files(), options);
      if (status.ok()) {
        storage_.forget_index_history();
        catalog.adopt(tables);
      }
    }
    for (const auto& file : maker.files()) env.DeleteFile(file).PermitUncheckedError();
    env.DeleteDir(folder).PermitUncheckedError();
    if (!status.ok()) return storage_error(status);
    return EmptyResult{};
  }

  // The snapshot's streams tell nothing of how the rows came back: tables get streams that begin
  // now, by which readers of those before find out that they missed something.
  static void begin_streams(Group& group, Catalog& tables, rocksdb::WriteBatch& batch) {
    for (const StreamPtr& stream : tables.streams().all()) tables.publish_stream_removal(*stream);
    for (const TablePtr& table : tables.all()) {
      if (!table->settings.stream) continue;
      TableState changed = *table;
      changed.stream = std::make_shared<const StreamState>(new_stream(group, changed));
      StreamCatalog::write(batch, *changed.stream);
      tables.publish(std::make_shared<const TableState>(std::move(changed)));
    }
  }

  Storage& storage_;
  std::string directory_;
  Completion<EmptyResult> done_;
  Result<EmptyResult> outcome_ = EmptyResult{};
};

}  // namespace

Result<void> save_snapshot(const Storage& storage, const std::string& directory) {
  std::error_code error;
  if (fs::exists(directory, error) || error)
    return cannot_make(directory, error ? error.message() : "it exists already");
  fs::path path = fs::absolute(directory);
  if (!path.has_filename()) path = path.parent_path();
  const std::string place = path.string();
  fs::remove_all(unfinished_folder(place), error);
  auto done = storage.in_memory() ? save_copy(storage, place) : save_checkpoint(storage, place);
  fs::remove_all(unfinished_folder(place), error);  // if it stays, the next snapshot removes it
  return done;
}

std::unique_ptr<Write> make_restore(Storage& storage, std::string directory,
                                    Completion<EmptyResult> done) {
  return std::make_unique<Restore>(storage, std::move(directory), std::move(done));
}

}  // namespace dynamodb::local
