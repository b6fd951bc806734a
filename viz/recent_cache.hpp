/// What was used last, up to a number of bytes and entries: the entry that has been idle longest goes first.
#pragma once
#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

namespace arraigo::viz {

/// Not safe to share between threads. `Value` is cheap to copy (a shared pointer).
template <class Value>
class RecentCache {
 public:
  RecentCache(std::size_t most_bytes, std::size_t most_entries) : most_bytes_(most_bytes), most_entries_(most_entries) {}

  /// The value, or an empty one.
  [[nodiscard]] Value find(std::string const& key) {
    auto const found = index_.find(key);
    if (found == index_.end()) return {};
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->value;
  }
  [[nodiscard]] bool holds(std::string const& key) const { return index_.contains(key); }

  /// Keeps the value in place of an older one of the key, unless it alone is too large.
  void keep(std::string const& key, Value value, std::size_t bytes) {
    if (auto const found = index_.find(key); found != index_.end()) remove(found->second);
    if (bytes > most_bytes_) return;
    entries_.push_front({key, std::move(value), bytes});
    index_.emplace(key, entries_.begin());
    bytes_ += bytes;
    while (bytes_ > most_bytes_ || entries_.size() > most_entries_) remove(std::prev(entries_.end()));
  }

 private:
  struct Entry {
    std::string key;
    Value value;
    std::size_t bytes;
  };
  void remove(typename std::list<Entry>::iterator entry) {
    bytes_ -= entry->bytes;
    index_.erase(entry->key);
    entries_.erase(entry);
  }
  std::size_t most_bytes_, most_entries_, bytes_ = 0;
  std::list<Entry> entries_;  ///< the last used first
  std::unordered_map<std::string, typename std::list<Entry>::iterator> index_;
};

}  // namespace arraigo::viz
