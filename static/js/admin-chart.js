// Draws the curve of the table it is told of; the table stays the source and the alternative.
(function () {
  "use strict";

  var SERIES = [
    { label: "Confirmed", color: "--chart-1", dash: [] },
    { label: "Pending", color: "--chart-2", dash: [6, 4] },
    { label: "Unsubscribed", color: "--chart-3", dash: [2, 3] }
  ];

  function pointsOf(table) {
    var rows = Array.from(table.querySelectorAll("[data-point]")).map(function (row) {
      var parts = row.dataset.point.split(",");
      return [Date.parse(parts[0] + "T12:00:00Z") / 1000].concat(parts.slice(1).map(Number));
    });
    rows.sort(function (one, other) { return one[0] - other[0]; });
    return [0, 1, 2, 3].map(function (column) {
      return rows.map(function (row) { return row[column]; });
    });
  }

  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  function axis(label, more) {
    return Object.assign({
      label: label, labelSize: 24, stroke: colour("--chart-ink"), font: "12px system-ui", labelFont: "12px system-ui",
      grid: { stroke: colour("--chart-grid"), width: 1 }, ticks: { stroke: colour("--chart-grid"), width: 1 }
    }, more || {});
  }

  function day(seconds) {
    return new Date(seconds * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
  }

  function seriesOf(place) {
    var labels = (place.dataset.labels || "").split(",");
    return SERIES.map(function (one, index) {
      return Object.assign({}, one, labels.length === SERIES.length ? { label: labels[index] } : {});
    });
  }

  function draw(place) {
    var data = pointsOf(place.parentElement);
    place.replaceChildren();
    // While nothing is pointed at, the legend tells today's figures.
    function tellToday(chart) { chart.setLegend({ idx: data[0].length - 1 }, false); }
    return new uPlot({
      width: place.clientWidth, height: 280, tzDate: function (ts) { return uPlot.tzDate(new Date(ts * 1000), "UTC"); },
      scales: { y: { range: function (u, low, high) { return [0, Math.max(5, high * 1.05)]; } } },
      axes: [axis("Day (UTC)", { values: function (u, ticks) { return ticks.map(day); } }), axis(place.dataset.axis || "Readers", { size: 64, values: function (u, ticks) {
        return ticks.map(function (tick) { return Number.isInteger(tick) ? tick.toLocaleString("en") : ""; });
      } })],
      hooks: {
        ready: [tellToday],
        setCursor: [function (chart) { if (chart.cursor.idx == null) tellToday(chart); }]
      },
      series: [{ label: "Day", value: function (u, seconds) { return seconds == null ? "" : day(seconds); } }].concat(seriesOf(place).map(function (one) {
        return { label: one.label, stroke: colour(one.color), dash: one.dash, width: 2, points: { show: data[0].length < 15 } };
      }))
    }, data, place);
  }

  document.querySelectorAll("[data-chart]").forEach(function (place) {
    var chart = draw(place);
    new ResizeObserver(function () {
      chart.setSize({ width: place.clientWidth, height: 280 });
    }).observe(place);
    function again() { chart.destroy(); chart = draw(place); }
    document.addEventListener("themechange", again);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  });
})();
