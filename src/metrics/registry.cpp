#include <charconv>
#include <stdexcept>

#include "sluice/metrics/metrics.hpp"

namespace sluice::metrics {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (char each : text) {
    if (each == '\\' || each == '"') out += '\\';
    if (each == '\n') {
      out += "\\n";
    } else {
      out += each;
    }
  }
  return out;
}

std::string printed(const labels& with) {
  std::string out;
  for (const auto& [name, value] : with) {
    if (!out.empty()) out += ',';
    out += name + "=\"" + escaped(value) + '"';
  }
  return out;
}

std::string seconds(std::uint64_t microseconds) {
  char text[64];
  const auto end =
      std::to_chars(text, text + sizeof text, static_cast<double>(microseconds) / 1e6, std::chars_format::fixed);
  return {text, end.ptr};
}

std::string line(const std::string& name, const std::string& with, const std::string& value) {
  return name + (with.empty() ? "" : "{" + with + "}") + " " + value + "\n";
}

std::string and_bound(const std::string& with, const std::string& bound) {
  return with + (with.empty() ? "" : ",") + "le=\"" + bound + '"';
}

std::string printed(const std::string& name, const std::string& with, const histogram& of) {
  const auto reading = of.read();
  std::string out;
  for (std::size_t i = 0; i < of.bounds_us().size(); ++i) {
    out += line(name + "_bucket", and_bound(with, seconds(of.bounds_us()[i])), std::to_string(reading.cumulative[i]));
  }
  out += line(name + "_bucket", and_bound(with, "+Inf"), std::to_string(reading.cumulative.back()));
  out += line(name + "_sum", with, seconds(reading.sum_us));
  return out + line(name + "_count", with, std::to_string(reading.cumulative.back()));
}

}  // namespace

registry::series& registry::place(std::string_view name, std::string_view help, kind of, const labels& with) {
  family* found = nullptr;
  for (auto& each : families_) {
    if (each.name == name) found = &each;
  }
  if (found == nullptr) found = &families_.emplace_back(family{std::string(name), std::string(help), of, {}});
  if (found->kind != of) throw std::logic_error("metric `" + found->name + "` is registered as another kind");
  const auto text = printed(with);
  for (auto& each : found->all) {
    if (each.labels == text) return each;
  }
  return found->all.emplace_back(series{text, nullptr});
}

metrics::counter& registry::counter(std::string_view name, std::string_view help, const labels& with) {
  const std::lock_guard lock(mutex_);
  auto& at = place(name, help, kind::counter, with);
  if (at.value == nullptr) at.value = &counters_.emplace_back();
  return *static_cast<metrics::counter*>(at.value);
}

metrics::gauge& registry::gauge(std::string_view name, std::string_view help, const labels& with) {
  const std::lock_guard lock(mutex_);
  auto& at = place(name, help, kind::gauge, with);
  if (at.value == nullptr) at.value = &gauges_.emplace_back();
  return *static_cast<metrics::gauge*>(at.value);
}

metrics::histogram& registry::histogram(std::string_view name, std::string_view help,
                                        std::vector<std::uint64_t> bounds_us, const labels& with) {
  const std::lock_guard lock(mutex_);
  auto& at = place(name, help, kind::histogram, with);
  if (at.value == nullptr) at.value = &histograms_.emplace_back(std::move(bounds_us));
  return *static_cast<metrics::histogram*>(at.value);
}

std::string registry::to_prometheus() const {
  static constexpr std::string_view kind_names[] = {"counter", "gauge", "histogram"};
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const auto& each : families_) {
    out += "# HELP " + each.name + " " + each.help + "\n# TYPE " + each.name + " ";
    out += std::string(kind_names[static_cast<std::size_t>(each.kind)]) + "\n";
    for (const auto& [with, value] : each.all) {
      switch (each.kind) {
        case kind::counter:
          out += line(each.name, with, std::to_string(static_cast<const metrics::counter*>(value)->value()));
          break;
        case kind::gauge:
          out += line(each.name, with, std::to_string(static_cast<const metrics::gauge*>(value)->value()));
          break;
        case kind::histogram: out += printed(each.name, with, *static_cast<const metrics::histogram*>(value)); break;
      }
    }
  }
  return out;
}

}  // namespace sluice::metrics
