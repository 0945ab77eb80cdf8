// SPDX-License-Identifier: MIT
#include "core/replay/recorded_run.hpp"

#include "core/life/checkpoint.hpp"
#include "core/trace/trace_text.hpp"

#include <algorithm>

namespace tandem::detail {

using trace_codec::record_kind;

namespace {
constexpr std::uint64_t progress_every = 4096;  // inputs
}

void watch(const replay_options& options, time_point at, bool open, const action& what) {
  if (options.watch.empty() || !options.on_watched) return;
  if (const auto* told = std::get_if<actions::notify>(&what);
      told != nullptr && told->what.peer == options.watch)
    options.on_watched(at, open, told->what);
}

recorded_run::recorded_run(trace_source& from, const replay_options& options)
    : from_(from), options_(options) {
  const auto first = from_.next_kind();
  if (first && *first != record_kind::header) from_.refuse("a trace begins with a header");
  const auto found = first == record_kind::header ? from_.read_header() : std::nullopt;
  if (found) {
    if (const auto problems = problems_of(found->options); !problems.empty())
      from_.refuse("options that cannot be used: " + problems.front().message);
  }
  if (!from_.ok()) return;
  header_ = *found;
  result_.self = header_.self;
  manager_ =
      std::make_unique<connection_manager>(header_.options, header_.self, header_.seed, &emitted_);
  compare_record();
  ahead_ = from_.next_kind();
  if (ahead_ == record_kind::checkpoint && !restore()) manager_ = nullptr;
}

bool recorded_run::restore() {
  const auto inputs = from_.read_checkpoint();
  if (!inputs || !checkpoint::restore(*manager_, *inputs, from_)) return false;
  before_ = *inputs;
  step_.at = checkpoint::time_of(*manager_);
  ahead_ = from_.next_kind();
  return true;
}

/// A header within the trace: the next segment, whose checkpoint must be where the manager is.
bool recorded_run::next_segment() {
  const auto header = from_.read_header();
  if (!header) return false;
  emitted_.all.clear();
  compared_ = 0;
  manager_->write_checkpoint(emitted_);
  const std::uint64_t begins_at = from_.record_at();
  const std::vector<std::byte> raw(from_.record().begin(), from_.record().end());
  ahead_ = from_.next_kind();
  if (ahead_ != record_kind::checkpoint || header->self != header_.self) {
    if (from_.ok())
      from_.refuse("the trace of another run begins at byte " + std::to_string(begins_at));
    return false;
  }
  const auto inputs = from_.read_checkpoint();
  if (!inputs) return false;
  if (*inputs != before_ + result_.inputs) {
    from_.refuse("a segment begins after " + std::to_string(*inputs) + " inputs, but " +
                 std::to_string(before_ + result_.inputs) + " were before it: is one missing?");
    return false;
  }
  from_.skip_state();
  if (!differs_ &&
      std::ranges::equal(raw,
                         std::span(emitted_.all).first(std::min(raw.size(), emitted_.all.size()))))
    compared_ = raw.size();
  compare_record();
  compared_ = emitted_.all.size();
  ahead_ = from_.next_kind();
  return true;
}

bool recorded_run::next() {
  if (failed()) return false;
  while (ahead_ == record_kind::header)
    if (!next_segment()) return false;
  if (!ahead_ || !read_input(*ahead_)) return false;
  feed();
  compare_record();
  step_.actions.clear();
  while ((ahead_ = from_.next_kind()) == record_kind::action) {
    auto what = from_.read_action();
    if (!what) break;
    compare_record();
    ++result_.actions;
    watch(options_, step_.at, false, *what);
    step_.actions.push_back(*what);
  }
  // At the end of the trace the rest of the actions may only be missing: finish() says so.
  if (ahead_ && from_.ok() && !differs_ && compared_ < emitted_.all.size()) differ(0, false);
  return true;
}

bool recorded_run::read_input(record_kind kind) {
  if (kind != record_kind::handle && kind != record_kind::advance) {
    from_.refuse("a record that belongs elsewhere");
    return false;
  }
  const auto at = from_.read_time();
  if (at && kind == record_kind::handle)
    step_.what = from_.read_event();
  else
    step_.what.reset();
  if (!from_.ok()) return false;
  if (result_.inputs++ == 0) result_.begin = *at;
  step_.at = result_.end = *at;
  if (options_.on_progress && result_.inputs % progress_every == 0)
    options_.on_progress({*at, result_.inputs, from_.record_at()});
  return true;
}

void recorded_run::feed() {
  emitted_.all.clear();
  compared_ = 0;
  if (step_.what)
    manager_->handle(step_.at, *step_.what);
  else
    manager_->advance(step_.at);
  while (manager_->poll_action()) {
  }
}

/// The record just read against what the manager emitted next.
void recorded_run::compare_record() {
  if (differs_) return;
  const auto read = from_.record();
  const auto rest = std::span(emitted_.all).subspan(compared_);
  const auto n = static_cast<std::ptrdiff_t>(std::min(read.size(), rest.size()));
  const auto matching = std::mismatch(read.begin(), read.begin() + n, rest.begin());
  if (matching.first == read.end())
    compared_ += read.size();
  else
    differ(static_cast<std::size_t>(matching.first - read.begin()), true);
}

/// The first `matching` bytes of the record just read are the same. Without `recorded` the record
/// lacks what the manager emitted.
void recorded_run::differ(std::size_t matching, bool recorded) {
  const auto text = [](std::span<const std::byte> bytes) {
    memory_source source(bytes);
    trace_codec::trace_reader one(source);
    const auto kind = one.next_kind();
    if (kind == record_kind::checkpoint) return std::string("a checkpoint");
    const auto what = kind == record_kind::action ? one.read_action() : std::nullopt;
    return what ? describe(*what) : std::string("nothing");
  };
  differs_ = true;
  result_.mismatch_at = from_.record_at() + matching;
  result_.mismatch_time = step_.at;
  result_.recorded = recorded ? text(from_.record()) : "nothing";
  result_.replayed = text(std::span(emitted_.all).subspan(compared_));
}

replay_result recorded_run::finish() {
  result_.matches = !differs_ && !failed();
  result_.error = from_.error();
  if (failed() && result_.error.empty()) result_.error = "the trace is empty";
  result_.truncated = from_.truncated();
  if (!failed() && result_.error.empty() && !differs_ && compared_ < emitted_.all.size()) {
    result_.truncated = true;
    result_.error = "the trace ends before the actions of its last event, at byte " +
                    std::to_string(from_.record_at());
  }
  result_.identical = result_.matches && result_.error.empty();
  if (failed()) return std::move(result_);
  result_.counters = manager_->counters();
  if (!options_.watch.empty()) result_.explained = manager_->explain(options_.watch, result_.end);
  return std::move(result_);
}

}  // namespace tandem::detail

namespace tandem {

trace_heading heading_of(trace_source& trace) {
  trace_heading heading;
  detail::trace_codec::trace_reader from(trace);
  const auto first = from.next_kind();
  if (first && *first != detail::record_kind::header) from.refuse("a trace begins with a header");
  if (const auto found = first ? from.read_header() : std::nullopt) {
    heading.self = found->self;
    heading.options = found->options;
  }
  heading.error = from.error();
  if (!first && heading.error.empty()) heading.error = "the trace is empty";
  if (!heading.error.empty()) return heading;
  if (from.next_kind() == detail::record_kind::checkpoint) {
    heading.continues = true;
    from(heading.inputs);
  }
  return heading;
}

replay_result replay(trace_source& trace, const replay_options& options) {
  detail::recorded_run run(trace, options);
  while (!run.differs() && run.next()) {
    const auto& step = run.current();
    if (options.on_step)
      options.on_step({step.at, step.what ? &*step.what : nullptr, step.actions});
  }
  return run.finish();
}

replay_result replay(std::span<const std::byte> trace) {
  memory_source source(trace);
  return replay(source);
}

}  // namespace tandem
