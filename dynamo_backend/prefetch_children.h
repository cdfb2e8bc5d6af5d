// Reads the rows of one model that point to any of many parents by one foreign key: by one page of
// a Scan where the table is small, else by one Query of the key's index per parent.
// Thread safety: any thread.
#pragma once
#include <functional>
#include <set>
#include <string>

#include "dynamo_backend/model_info.h"

namespace dynamo_backend {

// Calls `visit` on this thread with each row and the text of the key that it points by. The view is
// valid during the call.
void read_children(const ModelInfo& model, const FieldInfo& key,
                   const std::set<std::string>& parents,
                   const std::function<void(const std::string& parent, dynamodb::ItemView)>& visit);

}  // namespace dynamo_backend
