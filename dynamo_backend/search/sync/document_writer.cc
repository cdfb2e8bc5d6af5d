#include "dynamo_backend/search/sync/document_writer.h"

#include <algorithm>
#include <unordered_map>

#include "base/log.h"
#include "dynamo_backend/search/sync/dead_letters.h"

namespace dynamo_backend::search::sync {
namespace {

// Tries of a document that fails while others were written, before it is a dead letter: minutes.
constexpr int kTries = 12;

}  // namespace

void DocumentWriter::pause(const std::string& why) {
  const auto time = backoff_.next();
  // The first failure is told, and then now and then.
  if (backoff_.tries() == 1 || backoff_.tries() % 10 == 0)
    base::log_warning("search: " + index_.name + " does not take changes, which wait: " + why);
  if (!wait_(time)) throw Stopped();
}

std::vector<Document> DocumentWriter::try_write(int version, const std::vector<Document>& documents,
                                                const std::vector<Checkpoint>& checkpoints) {
  const auto outcomes = backend_.write(index_, version, documents, checkpoints);
  std::vector<Document> failed;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    switch (outcomes.at(i).status) {
      case Outcome::Status::older:
        outranked_.push_back(documents[i].key);
        [[fallthrough]];
      case Outcome::Status::written:
        ++written_;
        break;
      case Outcome::Status::refused:
        ++refused_;
        keep_dead_letter(index_, documents[i], outcomes[i].reason);
        break;
      case Outcome::Status::failed:
        failed.push_back(documents[i]);
        reason_ = outcomes[i].reason;
        break;
    }
  }
  return failed;
}

void DocumentWriter::write(int version, std::vector<Document> documents,
                           std::vector<Checkpoint> checkpoints) {
  backoff_.reset();
  bool others_passed = false;
  for (int tries = 0;;) {
    std::vector<Document> failed;
    try {
      failed = try_write(version, documents, checkpoints);
      if (failed.empty()) break;
      others_passed = others_passed || failed.size() < documents.size();
      if (others_passed) ++tries;
    } catch (const IndexMissing&) {
      throw;
    } catch (const Unavailable& e) {
      pause(e.what());
      continue;
    }
    documents = std::move(failed);
    if (tries < kTries) {
      pause(reason_);
      continue;
    }
    for (const Document& document : documents) {
      ++refused_;
      keep_dead_letter(index_, document, reason_);
    }
    documents.clear();  // the checkpoints are left
  }
  if (backoff_.tries() > 0) base::log_info("search: " + index_.name + " takes changes again");
}

void add_document(const IndexDefinition& index, dynamodb::ItemView row,
                  std::vector<Document>& documents) {
  try {
    documents.push_back(document_of(index, row));
  } catch (const ModelError& e) {
    base::log_error("search: " + index.name + " leaves a row out: " + e.what());
  }
}

void add_tombstone(const IndexDefinition& index, dynamodb::ItemView last,
                   std::vector<Document>& documents) {
  try {
    documents.push_back(tombstone_of(index, last));
  } catch (const ModelError&) {  // the log told when the row was written
  }
}

std::vector<Document> without_repeats(std::vector<Document> documents) {
  std::unordered_map<std::string_view, std::size_t> best;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    const auto [it, first] = best.try_emplace(documents[i].key, i);
    if (!first && documents[i].version >= documents[it->second].version) it->second = i;
  }
  std::vector<std::size_t> order;
  for (const auto& [key, i] : best) order.push_back(i);
  std::sort(order.begin(), order.end());
  std::vector<Document> kept;
  for (const std::size_t i : order) kept.push_back(std::move(documents[i]));
  return kept;
}

}  // namespace dynamo_backend::search::sync
