#include "auth/session_store.h"

#include <algorithm>

#include "auth/session_data.h"
#include "base/json.h"

namespace auth {

using dynamo_backend::f;

namespace {

auto row_of(std::string_view key_hash) {
  return SessionRow::objects.filter(f<&SessionRow::key_hash> == std::string(key_hash));
}

std::string text_of(const base::Json& data, std::string_view name) {
  const auto found = data.find(name);
  return found != data.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::optional<web::StoredSession> DynamoSessionStore::load(std::string_view key_hash) {
  const auto row = SessionRow::objects.try_get(std::string(key_hash));
  if (!row) return std::nullopt;
  return web::StoredSession{.key_hash = row->key_hash,
                            .data = base::parse_json(row->data),
                            .user_key = row->user_key.value_or(""),
                            .created_at = row->created_at,
                            .last_seen_at = row->last_seen_at,
                            .expires_at = row->expires_at};
}

bool DynamoSessionStore::save(const web::StoredSession& session, Write write) {
  const std::optional<std::string> user =
      session.user_key.empty() ? std::nullopt : std::optional(session.user_key);
  if (write == Write::create) {
    SessionRow::objects.create({.key_hash = session.key_hash,
                                .data = session.data.dump(),
                                .user_key = user,
                                .created_at = session.created_at,
                                .last_seen_at = session.last_seen_at,
                                .expires_at = session.expires_at});
    return true;
  }
  return row_of(session.key_hash)
             .update(f<&SessionRow::data> = session.data.dump(), f<&SessionRow::user_key> = user,
                     f<&SessionRow::last_seen_at> = session.last_seen_at,
                     f<&SessionRow::expires_at> = session.expires_at) == 1;
}

void DynamoSessionStore::remove(std::string_view key_hash) { row_of(key_hash).remove(); }

std::vector<UserSession> sessions_of(const User& user) {
  std::vector<UserSession> all;
  for (const SessionRow& row :
       SessionRow::objects.filter(f<&SessionRow::user_key> == user.pk.str())) {
    const base::Json data = base::parse_json(row.data);
    const auto epoch = data.find(kSessionEpoch);
    if (epoch == data.end() || *epoch != user.session_epoch) continue;
    all.push_back({row.key_hash, text_of(data, kSessionAddress), text_of(data, kSessionAgent),
                   row.created_at, row.last_seen_at});
  }
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.last_seen_at > b.last_seen_at; });
  return all;
}

bool end_session(const User& user, std::string_view key_hash) {
  return SessionRow::objects
             .filter(f<&SessionRow::key_hash> == std::string(key_hash) &&
                     f<&SessionRow::user_key> == user.pk.str())
             .remove() == 1;
}

void end_sessions(User& user) {
  User::objects.filter(f<&User::pk> == user.pk)
      .update(f<& User::session_epoch> = f<&User::session_epoch> + 1);
  user.refresh();
  SessionRow::objects.filter(f<&SessionRow::user_key> == user.pk.str()).remove();
}

}  // namespace auth
