#include "dynamo_backend/signals.h"

#include "dynamo_backend/rows.h"

namespace dynamo_backend {
namespace {

template <class Event>
using Errors = typename Signal<Event>::Errors;

template <class Event>
bool listened_to(const ModelInfo& model, Signal<Event> ModelSignals::*which) {
  return ((*model.signals).*which).has_listeners() || (all_signals().*which).has_listeners();
}

template <class Event>
void send(Signal<Event> ModelSignals::*which, const Event& event, Errors<Event> errors) {
  FirstError first;
  for (const ModelSignals* signals : {static_cast<const ModelSignals*>(event.model.signals.get()),
                                      static_cast<const ModelSignals*>(&all_signals())}) {
    first.keep([&] { (signals->*which).send(event, errors); });
    if (errors == Errors<Event>::at_once) first.rethrow();
  }
  first.rethrow();
}

void send_delete(Signal<DeleteEvent> ModelSignals::*which, const ModelInfo& model, void* row,
                 dynamodb::ItemView stored, Errors<DeleteEvent> errors) {
  if (!listened_to(model, which)) return;
  std::shared_ptr<void> made;
  if (!row && model.row.make) {
    made = model.row.make();
    load_row(model, made.get(), dynamodb::PackedItem(dynamodb::unpack(stored)).bytes());
    row = made.get();
  }
  send(which, DeleteEvent{model, row, stored}, errors);
}

}  // namespace

ModelSignals& all_signals() {
  static ModelSignals signals;
  return signals;
}

void send_pre_save(const ModelInfo& model, void* row, bool created) {
  if (listened_to(model, &ModelSignals::pre_save))
    send(&ModelSignals::pre_save, SaveEvent{model, row, created}, Errors<SaveEvent>::at_once);
}

void send_post_save(const ModelInfo& model, void* row, bool created,
                    const std::vector<const FieldInfo*>& changed) {
  if (listened_to(model, &ModelSignals::post_save))
    send(&ModelSignals::post_save, SaveEvent{model, row, created, changed},
         Errors<SaveEvent>::at_the_end);
}

void send_pre_update(const ModelInfo& model) {
  send(&ModelSignals::pre_update, UpdateEvent{model}, Errors<UpdateEvent>::at_once);
}

void send_pre_delete(const ModelInfo& model, void* row, dynamodb::ItemView stored) {
  send_delete(&ModelSignals::pre_delete, model, row, stored, Errors<DeleteEvent>::at_once);
}

void send_post_delete(const ModelInfo& model, void* row, dynamodb::ItemView stored) {
  send_delete(&ModelSignals::post_delete, model, row, stored, Errors<DeleteEvent>::at_the_end);
}

void send_pre_delete(const ModelInfo& model, const std::vector<dynamodb::PackedItem>& rows) {
  if (!listened_to(model, &ModelSignals::pre_delete)) return;
  for (const auto& row : rows) send_pre_delete(model, nullptr, row.view());
}

void send_post_delete(const ModelInfo& model, const std::vector<dynamodb::PackedItem>& rows) {
  if (!listened_to(model, &ModelSignals::post_delete)) return;
  FirstError first;
  for (const auto& row : rows) first.keep([&] { send_post_delete(model, nullptr, row.view()); });
  first.rethrow();
}

}  // namespace dynamo_backend
