// The pixel. Budget: 1,024 bytes gzipped, minified into p.min.js by `cargo xtask pixel`.
// Everything a page can call hangs on window.AgenticTrack: send(event, props), identify(userId, traits), consent(yes).
(function (w, d, n) {
  var script = d.currentScript, memory = {}, last
  var endpoint = script.src.replace(/[^/]*$/, 'attribution/collect?site=' + script.dataset.site)

  // localStorage throws where the visitor or a sandbox forbids it: then memory serves this page view.
  function keep(key, value) {
    key = 'am_' + key
    try {
      if (value != null) localStorage[key] = value
      return localStorage[key]
    } catch (e) {
      if (value != null) memory[key] = value
      return memory[key]
    }
  }
  function id() {
    return w.crypto && crypto.randomUUID ? crypto.randomUUID() : Date.now() + '-' + Math.random()
  }
  // A given answer decides; without one, Global Privacy Control means no.
  function silent() {
    var consent = keep('consent')
    return consent ? consent == 'denied' : n.globalPrivacyControl
  }
  function queue(events) {
    try {
      return JSON.parse(keep('queue', events && JSON.stringify(events)) || '[]')
    } catch (e) {
      return []
    }
  }
  // Events leave the queue when the browser has taken them; the server drops what it has already seen, by id.
  function flush() {
    var batch = queue().slice(0, 20), body = JSON.stringify({ sent_at: Date.now(), batch: batch })
    if (!batch[0] || n.onLine === false || silent()) return
    function sent() {
      queue(queue().filter(function (event) {
        return !batch.some(function (gone) { return gone.id == event.id })
      }))
      flush()
    }
    if (n.sendBeacon && n.sendBeacon(endpoint, body)) sent()
    else fetch(endpoint, { method: 'POST', body: body, keepalive: true }).then(function (answer) {
      if (answer.status < 500) sent()
    }, function () {})
  }
  function send(event, props) {
    if (silent()) return
    queue(queue().concat({
      event: event, id: id(), ts: Date.now(), url: location.href, ref: last || d.referrer,
      sid: keep('sid') || keep('sid', id()), anonymous_id: keep('aid') || keep('aid', id()),
      user_id: keep('uid'), consent: keep('consent'), props: props
    }).slice(-50))
    flush()
  }
  // A page view for the page and for each navigation inside a single-page app; the page before is its referrer.
  function view() {
    if (location.href.split('#')[0] != seen) {
      last = seen
      seen = location.href.split('#')[0]
      send('pageview', { title: d.title })
    }
  }
  var seen
  ;['pushState', 'replaceState'].forEach(function (name) {
    var original = history[name]
    history[name] = function () {
      original.apply(history, arguments)
      view()
    }
  })
  ;['popstate', 'online', 'pagehide'].forEach(function (name) {
    w.addEventListener(name, name == 'popstate' ? view : flush)
  })
  w.AgenticTrack = {
    send: send,
    identify: function (user, traits) {
      keep('uid', user)
      send('identify', traits)
    },
    consent: function (yes) {
      var before = silent()
      keep('consent', yes ? 'granted' : 'denied')
      if (!yes) ['queue', 'sid', 'aid', 'uid', 'exposure'].forEach(function (key) { keep(key, '') })
      else if (before) {
        seen = 0
        view()
      }
    }
  }
  view()
})(window, document, navigator)
