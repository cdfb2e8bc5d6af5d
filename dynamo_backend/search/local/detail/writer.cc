#include "dynamo_backend/search/local/detail/writer.h"

#include "dynamo_backend/search/local/detail/stored_values.h"
#include "dynamo_backend/search/words.h"

namespace dynamo_backend::search::detail {
namespace {

std::int64_t hash_of(const std::vector<std::string>& texts) {
  std::uint64_t hash = 0xCBF29CE484222325ull;  // FNV-1a
  const auto add = [&](unsigned char byte) { hash = (hash ^ byte) * 0x100000001B3ull; };
  for (const std::string& text : texts) {
    for (const char c : text) add(static_cast<unsigned char>(c));
    add(0);
  }
  return static_cast<std::int64_t>(hash);
}

std::int64_t size_of(const std::vector<std::string>& texts) {
  std::size_t words = 0;
  for (const std::string& text : texts) words += count_words(text);
  return static_cast<std::int64_t>(words);
}

// "?4, ?5, ?6"
std::string parameters(std::size_t first, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += ", ?" + std::to_string(first + i);
  return out;
}

}  // namespace

// The statements of a version, made once for a batch.
struct Writer::Target {
  const IndexDefinition& index;
  std::int64_t now;
  std::string find, insert, update, bury, insert_tombstone, delete_texts, insert_texts;

  Target(const IndexDefinition& definition, const PhysicalIndex& physical, std::int64_t time)
      : index(definition), now(time) {
    const std::string d = physical.table('d'), t = physical.table('t');
    std::string filters, assignments, texts;
    for (std::size_t i = 0; i < index.filters.size(); ++i) {
      const std::string column = filter_column(index.filters[i].name);
      filters += ", " + column;
      assignments += ", " + column + " = ?" + std::to_string(6 + i);
    }
    std::string nothing;
    for (const FilterField& f : index.filters) nothing += ", " + filter_column(f.name) + " = NULL";
    for (const TextField& f : index.texts) texts += ", " + text_column(f.name);
    find = "SELECT id, version, deleted, texts_hash FROM " + d + " WHERE key = ?1";
    insert = "INSERT INTO " + d + " (key, version, written_at, texts_hash, size" + filters +
             ") VALUES (?1, ?2, ?3, ?4, ?5" + parameters(6, index.filters.size()) + ")";
    update = "UPDATE " + d +
             " SET version = ?2, written_at = ?3, texts_hash = ?4, size = ?5, deleted = 0" +
             assignments + " WHERE id = ?1";
    bury = "UPDATE " + d + " SET version = ?2, written_at = ?3, texts_hash = NULL, deleted = 1" +
           nothing + " WHERE id = ?1";
    insert_tombstone =
        "INSERT INTO " + d + " (key, version, written_at, deleted) VALUES (?1, ?2, ?3, 1)";
    delete_texts = "DELETE FROM " + t + " WHERE rowid = ?1";
    insert_texts = "INSERT INTO " + t + " (rowid" + texts + ") VALUES (?1" +
                   parameters(2, index.texts.size()) + ")";
  }
};

std::vector<Outcome> Writer::write(const IndexDefinition& index, int version,
                                   std::span<const Document> documents,
                                   std::span<const Checkpoint> checkpoints, std::int64_t now) {
  Transaction transaction(db_, Transaction::Kind::write);
  const PhysicalIndex physical = find_version(db_, index, version);
  if (physical.version.fingerprint != index.fingerprint())
    throw IndexMissing("The full-text index " + physical_name(index, version) +
                       " was made for other fields than " + index.model->name +
                       " has: rebuild it with ./manage opensearch_reindex.");
  const Target target(index, physical, now);
  std::vector<Outcome> outcomes;
  outcomes.reserve(documents.size());
  texts_changed_ = false;
  WordSet found;
  WordSet& known = known_words(physical);
  analyzer_.collect(&known, &found);
  try {
    for (const Document& document : documents) outcomes.push_back(write_one(target, document));
  } catch (...) {
    analyzer_.collect(nullptr, nullptr);
    throw;
  }
  analyzer_.collect(nullptr, nullptr);
  keep_words(physical, found);
  keep_checkpoints(physical, checkpoints);
  if (texts_changed_) raise_texts_version(physical);
  transaction.commit();
  known.merge(found);  // only now are they in the file
  return outcomes;
}

Outcome Writer::write_one(const Target& target, const Document& document) {
  std::optional<std::int64_t> id;
  bool had_texts = false, same_texts = false;
  const std::int64_t hash = hash_of(document.texts);
  {
    const Query find = db_.query(target.find);
    find->bind(1, std::string_view(document.key));
    if (find->step()) {
      id = find->integer(0);
      if (find->integer(1) > document.version) return {.status = Outcome::Status::older};
      had_texts = find->integer(2) == 0;
      same_texts = had_texts && !document.deleted && find->integer(3) == hash;
    }
  }
  const auto set_versions = [&](Statement& to) {
    if (id)
      to.bind(1, *id);
    else
      to.bind(1, std::string_view(document.key));
    to.bind(2, document.version).bind(3, target.now);
  };
  if (document.deleted) {
    if (had_texts) delete_texts(target, *id);
    const Query write = db_.query(id ? target.bury : target.insert_tombstone);
    set_versions(*write);
    write->run();
    return {};
  }
  std::vector<SqlValue> values;
  for (std::size_t i = 0; i < target.index.filters.size(); ++i)
    values.push_back(to_column(target.index.filters[i], document.filters.at(i)));
  {
    const Query write = db_.query(id ? target.update : target.insert);
    set_versions(*write);
    write->bind(4, hash).bind(5, size_of(document.texts));
    for (std::size_t i = 0; i < values.size(); ++i) write->bind(static_cast<int>(6 + i), values[i]);
    write->run();
  }
  // Most writes of a row (a counter, say) leave its texts as they were.
  if (!same_texts) write_texts(target, id ? *id : db_.last_insert_rowid(), document, had_texts);
  return {};
}

void Writer::write_texts(const Target& target, std::int64_t id, const Document& document,
                         bool replace) {
  if (replace) delete_texts(target, id);
  texts_changed_ = true;
  const Query insert = db_.query(target.insert_texts);
  insert->bind(1, id);
  for (std::size_t i = 0; i < target.index.texts.size(); ++i)
    insert->bind(static_cast<int>(2 + i), std::string_view(document.texts.at(i)));
  insert->run();
}

void Writer::delete_texts(const Target& target, std::int64_t id) {
  texts_changed_ = true;
  db_.query(target.delete_texts)->bind(1, id).run();
}

void Writer::raise_texts_version(const PhysicalIndex& physical) {
  db_.query("UPDATE indexes SET texts_version = texts_version + 1 WHERE id = ?1")
      ->bind(1, physical.id)
      .run();
}

void Writer::keep_checkpoints(const PhysicalIndex& physical,
                              std::span<const Checkpoint> checkpoints) {
  for (const Checkpoint& checkpoint : checkpoints) {
    if (checkpoint.position.empty()) {
      db_.query("DELETE FROM checkpoints WHERE version_id = ?1 AND name = ?2")
          ->bind(1, physical.id)
          .bind(2, std::string_view(checkpoint.name))
          .run();
      continue;
    }
    db_.query(
           "INSERT INTO checkpoints (version_id, name, position) VALUES (?1, ?2, ?3) ON CONFLICT "
           "(version_id, name) DO UPDATE SET position = excluded.position")
        ->bind(1, physical.id)
        .bind(2, std::string_view(checkpoint.name))
        .bind(3, std::string_view(checkpoint.position))
        .run();
  }
}

WordSet& Writer::known_words(const PhysicalIndex& physical) {
  const auto [at, is_new] = words_.try_emplace(physical.id);
  if (is_new) {
    const Query query = db_.query("SELECT word FROM " + physical.table('w'));
    while (query->step()) at->second.emplace(query->text(0));
  }
  return at->second;
}

void Writer::keep_words(const PhysicalIndex& physical, const WordSet& words) {
  const Query insert =
      db_.query("INSERT OR IGNORE INTO " + physical.table('w') + " (word, term) VALUES (?1, ?2)");
  for (const std::string& word : words) {
    const std::string term = analyzer_.stem(word);
    if (term.empty()) continue;
    insert->bind(1, std::string_view(word)).bind(2, std::string_view(term)).run();
  }
}

void Writer::purge_tombstones(const PhysicalIndex& physical, std::int64_t time) {
  db_.query("DELETE FROM " + physical.table('d') + " WHERE deleted = 1 AND written_at < ?1")
      ->bind(1, time)
      .run();
}

}  // namespace dynamo_backend::search::detail
