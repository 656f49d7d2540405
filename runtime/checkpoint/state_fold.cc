// StateFold and FoldSegments: cursors over sorted records, and a tree of losers over the cursors.
#include "runtime/checkpoint/state_fold.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "runtime/checkpoint/state_drops.h"

namespace flow {

namespace {

// No string: what it holds must stay where it is when it is moved.
using Bytes = std::vector<char>;

// Owner and first bytes of a key as one number: it decides nearly every comparison. Of a window's
// group it has the window and 40 bits of the hash.
using Head = unsigned __int128;
constexpr size_t kHeadBytes = sizeof(Head);
constexpr size_t kHeadKey = kHeadBytes - sizeof(uint16_t);

Head HeadOf(const StateRecord& record) {
  uint64_t words[2] = {0, 0};
  char* bytes = reinterpret_cast<char*>(words);
  bytes[0] = static_cast<char>(record.owner >> 8);
  bytes[1] = static_cast<char>(record.owner);
  if (record.key.size() >= kHeadKey) {
    std::memcpy(bytes + 2, record.key.data(), kHeadKey);
  } else {
    record.key.copy(bytes + 2, record.key.size());
  }
  return static_cast<Head>(__builtin_bswap64(words[0])) << 64 | __builtin_bswap64(words[1]);
}

bool Stopped(const std::atomic<bool>* stop) {
  return stop != nullptr && stop->load(std::memory_order_relaxed);
}
Error GaveUp() { return InternalError("folding was stopped"); }

// What of a frame is where a sorted record begins.
struct Place {
  Head head;
  std::string_view rest;  // of the frame, from the record on
};

StateRecord RecordAt(const Place& place) {
  StateRecord record;
  size_t at = 0;
  ReadRecord(place.rest, &at, &record);
  return record;
}

// Sorts by key; records of one key stay in their order.
void SortPlaces(std::vector<Place>* places) {
  auto less_in_full = [](const Place& a, const Place& b) {
    if (a.head != b.head) return a.head < b.head;
    return RecordAt(a).key < RecordAt(b).key;
  };
  constexpr size_t kFew = 256;
  if (places->size() < kFew) {
    std::stable_sort(places->begin(), places->end(), less_in_full);
    return;
  }
  // By bytes, least first, of those in which heads differ: few, since keys share their beginnings.
  Head differ = 0;
  for (const Place& place : *places) differ |= place.head ^ places->front().head;
  std::vector<Place> other(places->size());
  for (size_t shift = 0; shift < 8 * kHeadBytes; shift += 8) {
    if ((static_cast<uint8_t>(differ >> shift)) == 0) continue;
    std::array<size_t, 257> begin{};
    for (const Place& place : *places) ++begin[static_cast<uint8_t>(place.head >> shift) + 1];
    for (size_t i = 1; i < begin.size(); ++i) begin[i] += begin[i - 1];
    for (const Place& place : *places) {
      other[begin[static_cast<uint8_t>(place.head >> shift)]++] = place;
    }
    places->swap(other);
  }
  for (size_t i = 0; i < places->size();) {
    size_t end = i + 1;
    while (end < places->size() && (*places)[end].head == (*places)[i].head) ++end;
    if (end - i > 1) {
      std::stable_sort(places->begin() + static_cast<ptrdiff_t>(i),
                       places->begin() + static_cast<ptrdiff_t>(end), less_in_full);
    }
    i = end;
  }
}

// The sorted records of a segment: a run from its file, a delta read whole and sorted here.
class Cursor {
 public:
  Cursor(std::unique_ptr<SegmentReader> reader, bool sorted)
      : reader_(std::move(reader)), sorted_(sorted) {}

  bool done() const { return done_; }
  Head head() const { return head_; }
  const StateRecord& record() const { return record_; }

  Status Begin(const std::atomic<bool>* stop, std::vector<Bytes>* retired) {
    if (!sorted_) FLOW_RETURN_IF_ERROR(LoadDelta(stop));
    return Advance(retired);
  }

  // A frame that is left goes to `retired`: records in it are still in use.
  Status Advance(std::vector<Bytes>* retired) {
    if (!sorted_) {
      done_ = next_ == places_.size();
      if (done_) return OkStatus();
      constexpr size_t kAhead = 8;  // records in flight: sorted, they stand anywhere
      if (next_ + kAhead < places_.size()) {
        __builtin_prefetch(places_[next_ + kAhead].rest.data());
      }
      head_ = places_[next_].head;
      record_ = RecordAt(places_[next_++]);
      return OkStatus();
    }
    if (at_ == frame_.size()) {
      if (!frame_.empty()) retired->push_back(std::move(frame_));
      frame_ = Bytes();
      FLOW_TRY(bool more, reader_->Next(&frame_));
      at_ = 0;
      done_ = !more;
      if (done_) return OkStatus();
    }
    if (!ReadRecord({frame_.data(), frame_.size()}, &at_, &record_)) return CutShort();
    head_ = HeadOf(record_);
    return OkStatus();
  }

 private:
  Status LoadDelta(const std::atomic<bool>* stop) {
    while (true) {
      if (Stopped(stop)) return GaveUp();
      Bytes frame;
      FLOW_TRY(bool more, reader_->Next(&frame));
      if (!more) break;
      frames_.push_back(std::move(frame));
      const std::string_view bytes(frames_.back().data(), frames_.back().size());
      StateRecord record;
      for (size_t at = 0; at < bytes.size();) {
        const std::string_view rest = bytes.substr(at);
        if (!ReadRecord(bytes, &at, &record)) return CutShort();
        places_.push_back({HeadOf(record), rest});
      }
    }
    SortPlaces(&places_);
    // Of equal keys the last one counts. A drop is about earlier segments, never about these.
    size_t kept = 0;
    for (size_t i = 0; i < places_.size(); ++i) {
      bool again = kept > 0 && places_[kept - 1].head == places_[i].head;
      if (again) {
        const StateRecord before = RecordAt(places_[kept - 1]);
        const StateRecord now = RecordAt(places_[i]);
        again =
            before.key == now.key && (before.op == StateOp::kDrop) == (now.op == StateOp::kDrop);
      }
      if (!again) ++kept;
      places_[kept - 1] = places_[i];
    }
    places_.resize(kept);
    reader_.reset();
    return OkStatus();
  }

  std::unique_ptr<SegmentReader> reader_;
  const bool sorted_;
  bool done_ = false;
  Head head_ = 0;
  StateRecord record_;
  // A run's frame.
  Bytes frame_;
  size_t at_ = 0;
  // A delta's records.
  std::vector<Bytes> frames_;
  std::vector<Place> places_;
  size_t next_ = 0;
};

}  // namespace

class StateFold::Merge {
 public:
  Merge(bool removed, const std::atomic<bool>* stop) : removed_(removed), stop_(stop) {}

  Status Open(Files* files, const std::string& root, const std::vector<StateSegment>& segments) {
    for (const StateSegment& segment : segments) {
      FLOW_TRY(std::unique_ptr<SegmentReader> reader,
               SegmentReader::Open(files, root, segment.info));
      cursors_.emplace_back(std::move(reader), segment.sorted);
      FLOW_RETURN_IF_ERROR(cursors_.back().Begin(stop_, &retired_));
    }
    leaves_ = std::bit_ceil(std::max<size_t>(1, cursors_.size()));
    losers_.assign(leaves_, 0);
    if (!cursors_.empty()) winner_ = Play(1);
    return OkStatus();
  }

  const StateRecord* Next() {
    if (queued_) {
      queued_ = false;
      return &value_;
    }
    retired_.clear();
    constexpr size_t kLook = 1024;  // records between two looks at `stop`
    if (looks_++ % kLook == 0 && Stopped(stop_)) status_ = GaveUp();
    while (status_.ok() && !cursors_.empty() && !cursors_[winner_].done()) {
      Group();
      if (!status_.ok()) break;
#ifdef FLOW_MUTANT_FOLD_LOSES_DROPS
      has_drop_ = false;
#endif
#ifdef FLOW_MUTANT_FOLD_LOSES_REMOVES
      if (value_.op == StateOp::kRemove) has_value_ = false;
#endif
      const bool tell_value = has_value_ && (value_.op == StateOp::kPut || removed_);
      if (has_drop_ && removed_) {
        queued_ = tell_value;
        return &drop_;
      }
      if (tell_value) return &value_;
    }
    return nullptr;
  }
  const Status& status() const { return status_; }

 private:
  // Takes all records of the least key, oldest segment first.
  void Group() {
    const Head head = cursors_[winner_].head();
    const StateRecord key = cursors_[winner_].record();
    size_t value_segment = 0;
    has_drop_ = has_value_ = false;
    do {
      Cursor& cursor = cursors_[winner_];
      const StateRecord& record = cursor.record();
      // A prefix sorts before what it hides, so every drop is known in time; the record of the same
      // key may be a drop and a value at once, in different segments.
      if (record.op == StateOp::kDrop) {
        drops_.Add(record.owner, record.key, winner_);
        has_drop_ = true;
        drop_ = {StateOp::kDrop, record.owner, record.key, {}};
        has_value_ = has_value_ && value_segment == winner_;  // it hides what is older
#ifdef FLOW_MUTANT_FOLD_OLDEST
      } else if (!has_value_) {
#else
      } else if (!Hidden(record)) {
#endif
        value_ = record;
        has_value_ = true;
        value_segment = winner_;
      }
      status_ = cursor.Advance(&retired_);
      if (!status_.ok()) return;
      Replay();
    } while (!cursors_[winner_].done() && cursors_[winner_].head() == head &&
             cursors_[winner_].record().key == key.key);
  }

  bool Hidden(const StateRecord& record) {
#ifdef FLOW_MUTANT_FOLD_KEEPS_HIDDEN
    return false;
#endif
    return asker_.Hides(record.owner, record.key, winner_);
  }

  // Is a's record before b's? Of one key, the older segment's is; what is done is before nothing.
  bool Before(size_t a, size_t b) const {
    if (a >= cursors_.size() || cursors_[a].done()) return false;
    if (b >= cursors_.size() || cursors_[b].done()) return true;
    const Cursor& x = cursors_[a];
    const Cursor& y = cursors_[b];
    if (x.head() != y.head()) return x.head() < y.head();
    const int order = x.record().key.compare(y.record().key);
    return order != 0 ? order < 0 : a < b;
  }
  // The tree: losers_[node] lost the match at this node, the winner went up; 2 i and 2 i + 1 are
  // below i, cursors below the last of them.
  size_t Play(size_t node) {
    if (node >= leaves_) return node - leaves_;
    size_t a = Play(2 * node), b = Play(2 * node + 1);
    if (Before(b, a)) std::swap(a, b);
    losers_[node] = b;
    return a;
  }
  void Replay() {
    size_t at = winner_;
    for (size_t node = (winner_ + leaves_) / 2; node > 0; node /= 2) {
      if (Before(losers_[node], at)) std::swap(losers_[node], at);
    }
    winner_ = at;
  }

  const bool removed_;
  const std::atomic<bool>* stop_;
  size_t looks_ = 0;
  Status status_;
  std::vector<Cursor> cursors_;
  size_t leaves_ = 0;
  std::vector<size_t> losers_;
  size_t winner_ = 0;
  StateDrops drops_;
  StateDrops::Asker asker_{&drops_};
  // Of the last key. What they point to is in a cursor's frame, or in `retired_`.
  StateRecord drop_, value_;
  bool has_drop_ = false, has_value_ = false;
  bool queued_ = false;  // the value, behind the drop
  std::vector<Bytes> retired_;
};

StateFold::StateFold(std::unique_ptr<Merge> merge) : merge_(std::move(merge)) {}
StateFold::StateFold(StateFold&&) noexcept = default;
StateFold::~StateFold() = default;

Result<StateFold> StateFold::Open(Files* files, const std::string& root,
                                  const std::vector<StateSegment>& segments, bool removed,
                                  const std::atomic<bool>* stop) {
  auto merge = std::make_unique<Merge>(removed, stop);
  FLOW_RETURN_IF_ERROR(merge->Open(files, root, segments));
  return StateFold(std::move(merge));
}

const StateRecord* StateFold::Next() { return merge_->Next(); }
const Status& StateFold::status() const { return merge_->status(); }

Status FoldSegments(Files* files, const std::string& root,
                    const std::vector<StateSegment>& segments, bool removed,
                    const std::function<Status(const StateRecord&)>& f) {
  FLOW_TRY(StateFold fold, StateFold::Open(files, root, segments, removed));
  while (const StateRecord* record = fold.Next()) FLOW_RETURN_IF_ERROR(f(*record));
  return Status(fold.status());
}

}  // namespace flow
