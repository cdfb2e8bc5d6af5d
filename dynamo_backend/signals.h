// Signals: functions that are called before and after a row is saved or deleted.
//
//   auto listening = signals<Post>().post_save.connect([](Post& post, const SaveEvent& event) {
//     if (event.created) …                    // until `listening` ends, or for ever:
//     listening.keep()
//   });
//   model.signals->post_save.connect([](const SaveEvent& event) { … });  // known at run time
//   all_signals().post_delete.connect(…);                                // every model
//
// Sent by save(), create(), bulk_create(), get_or_create(), update_or_create(), transactions,
// remove() of rows and querysets, and for every row that a cascade deletes. Not by
// QuerySet::update(), nor where a cascade sets a key to null: as Django; but `pre_update` is sent
// once for each update() of a queryset, for models that take none. An exception of a `pre_`
// function stops the write. One of a `post_` function reaches the caller after all have been
// called, of a queryset for all its rows; the write stays. A signal that nobody listens to costs
// two atomic reads. Thread safety: connect and disconnect on any thread, also from inside a
// function that is called. Functions are called on the writer's thread; one may still be running
// when its connection ends.
#pragma once
#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "dynamo_backend/model_info.h"

namespace dynamo_backend {

template <class T>
const ModelInfo& model_info();

struct SaveEvent {
  const ModelInfo& model;
  void* row;  // an object of the model; pre_save may change it
  bool created = false;
  std::vector<const FieldInfo*> changed{};  // post_save: what was written, of a new row all it has
};
struct DeleteEvent {
  const ModelInfo& model;
  void* row;  // the object, or one made of what is stored; nullptr: the model has no C++ type
  dynamodb::ItemView stored{};
};

struct UpdateEvent {
  const ModelInfo& model;
};

// A connected function; the connection ends with the object.
class [[nodiscard]] Subscription {
 public:
  Subscription() = default;
  explicit Subscription(std::function<void()> disconnect) : disconnect_(std::move(disconnect)) {}
  Subscription(Subscription&& o) noexcept : disconnect_(std::exchange(o.disconnect_, nullptr)) {}
  Subscription& operator=(Subscription&& o) noexcept {
    if (this != &o) {
      disconnect();
      disconnect_ = std::exchange(o.disconnect_, nullptr);
    }
    return *this;
  }
  ~Subscription() { disconnect(); }
  void disconnect() {
    if (const auto end = std::exchange(disconnect_, nullptr)) end();
  }
  void keep() { disconnect_ = nullptr; }  // for as long as the process runs

 private:
  std::function<void()> disconnect_{};
};

// What is thrown by the first of several functions that are all called.
class FirstError {
 public:
  template <class Function>
  void keep(Function&& function) {
    try {
      function();
    } catch (...) {
      if (!error_) error_ = std::current_exception();
    }
  }
  void rethrow() const {  // if there is one
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::exception_ptr error_{};
};

template <class Event>
class Signal {
 public:
  using Function = std::function<void(const Event&)>;
  enum class Errors : std::uint8_t { at_once, at_the_end };

  Subscription connect(Function function) {
    const auto slot = std::make_shared<const Function>(std::move(function));
    change([&](Slots& slots) { slots.push_back(slot); });
    return Subscription([state = std::weak_ptr(state_), slot] {
      if (const auto s = state.lock()) s->change([&](Slots& slots) { std::erase(slots, slot); });
    });
  }
  bool has_listeners() const { return state_->count.load(std::memory_order_relaxed) > 0; }
  void send(const Event& event, Errors errors) const {
    if (!has_listeners()) return;
    FirstError first;
    const auto slots = state_->current();  // kept while its functions run
    for (const auto& slot : *slots) {
      first.keep([&] { (*slot)(event); });
      if (errors == Errors::at_once) first.rethrow();
    }
    first.rethrow();
  }

 private:
  using Slots = std::vector<std::shared_ptr<const Function>>;
  // Senders run over a list that no one changes: a change makes another.
  struct State {
    std::mutex mutex{};
    std::shared_ptr<const Slots> slots = std::make_shared<const Slots>();
    std::atomic<std::size_t> count{0};

    std::shared_ptr<const Slots> current() {
      const std::lock_guard lock(mutex);
      return slots;
    }
    template <class Change>
    void change(Change&& make) {
      const std::lock_guard lock(mutex);
      auto next = std::make_shared<Slots>(*slots);
      make(*next);
      count = next->size();
      slots = std::move(next);
    }
  };
  template <class Change>
  void change(Change&& make) {
    state_->change(std::forward<Change>(make));
  }
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

class ModelSignals {
 public:
  Signal<SaveEvent> pre_save{}, post_save{};
  Signal<DeleteEvent> pre_delete{}, post_delete{};
  Signal<UpdateEvent> pre_update{};
};

// Of every model.
ModelSignals& all_signals();

// ---- typed
template <class T, class Event>
class TypedSignal {
 public:
  explicit TypedSignal(Signal<Event>& signal) : signal_(signal) {}
  // `function` takes (T&) or (T&, const Event&).
  template <class Fn>
  Subscription connect(Fn function) {
    return signal_.connect([function = std::move(function)](const Event& event) mutable {
      T& row = *static_cast<T*>(event.row);
      if constexpr (std::is_invocable_v<Fn&, T&, const Event&>)
        function(row, event);
      else
        function(row);
    });
  }

 private:
  Signal<Event>& signal_;
};
template <class T>
struct TypedSignals {
  TypedSignal<T, SaveEvent> pre_save, post_save;
  TypedSignal<T, DeleteEvent> pre_delete, post_delete;
};
template <class T>
TypedSignals<T> signals() {
  ModelSignals& s = *model_info<T>().signals;
  return {TypedSignal<T, SaveEvent>(s.pre_save), TypedSignal<T, SaveEvent>(s.post_save),
          TypedSignal<T, DeleteEvent>(s.pre_delete), TypedSignal<T, DeleteEvent>(s.post_delete)};
}

// ---- sending: to the model's functions, then to those of every model
void send_pre_save(const ModelInfo& model, void* row, bool created);
void send_post_save(const ModelInfo& model, void* row, bool created,
                    const std::vector<const FieldInfo*>& changed);
void send_pre_update(const ModelInfo& model);
// Of a row that is known as it is stored. `row` may be nullptr: one is made where somebody listens.
void send_pre_delete(const ModelInfo& model, void* row, dynamodb::ItemView stored);
void send_post_delete(const ModelInfo& model, void* row, dynamodb::ItemView stored);
void send_pre_delete(const ModelInfo& model, const std::vector<dynamodb::PackedItem>& rows);
void send_post_delete(const ModelInfo& model, const std::vector<dynamodb::PackedItem>& rows);

}  // namespace dynamo_backend
