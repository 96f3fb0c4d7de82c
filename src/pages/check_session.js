// The OP iframe of OpenID Connect Session Management 1.0 (section 3.2). A client's page sends "<client_id> <session_state>" and
// gets "unchanged", "changed" or "error". Plain ES5, with a SHA-256 of its own: crypto.subtle is not there everywhere.
(function () {
  "use strict";

  var cookie = document.body.getAttribute("data-cookie") + "=";

  // `null` when the browser keeps the cookie from this frame: then nothing can be said.
  function browserState() {
    var pairs = document.cookie.split("; ");
    for (var i = 0; i < pairs.length; i++) {
      if (pairs[i].indexOf(cookie) === 0) return pairs[i].slice(cookie.length);
    }
    return null;
  }

  function judge(message, origin) {
    var parts = /^([^ ]+) ([\w-]+)\.([\w-]+)$/.exec(message);
    var state = browserState();
    if (typeof message !== "string" || parts === null || state === null) return "error";
    var hash = base64url(sha256([parts[1], origin, state, parts[3]].join(" ")));
    return hash === parts[2] ? "unchanged" : "changed";
  }

  window.addEventListener("message", function (event) {
    if (event.source) event.source.postMessage(judge(event.data, event.origin), event.origin);
  });

  function base64url(bytes) {
    var binary = String.fromCharCode.apply(null, bytes);
    return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  // FIPS 180-4 section 6.2.2; the constants are the fractional parts of roots of primes (sections 4.2.2 and 5.3.3).
  function sha256(text) {
    var bytes = unescape(encodeURIComponent(text));
    var words = [];
    var constants = [];
    var state = [];
    var i;
    var j;
    for (var n = 2; constants.length < 64; n++) {
      if (!isPrime(n)) continue;
      if (state.length < 8) state.push(fraction(Math.pow(n, 1 / 2)));
      constants.push(fraction(Math.pow(n, 1 / 3)));
    }
    for (i = 0; i < bytes.length; i++) words[i >> 2] |= bytes.charCodeAt(i) << (24 - 8 * (i & 3));
    words[bytes.length >> 2] |= 0x80 << (24 - 8 * (bytes.length & 3));
    var length = ((bytes.length + 8) >> 6) * 16 + 16;
    words[length - 1] = bytes.length * 8;
    for (i = 0; i < length; i += 16) {
      var w = [];
      var v = state.slice();
      for (j = 0; j < 64; j++) {
        if (j < 16) w[j] = words[i + j] | 0;
        else {
          var a = w[j - 15];
          var b = w[j - 2];
          var s0 = turn(a, 7) ^ turn(a, 18) ^ (a >>> 3);
          var s1 = turn(b, 17) ^ turn(b, 19) ^ (b >>> 10);
          w[j] = (w[j - 16] + s0 + w[j - 7] + s1) | 0;
        }
        var e = v[4];
        var choice = (e & v[5]) ^ (~e & v[6]);
        var t1 = (v[7] + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + choice + constants[j] + w[j]) | 0;
        var major = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        var t2 = ((turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22)) + major) | 0;
        v = [(t1 + t2) | 0, v[0], v[1], v[2], (v[3] + t1) | 0, e, v[5], v[6]];
      }
      for (j = 0; j < 8; j++) state[j] = (state[j] + v[j]) | 0;
    }
    var digest = [];
    for (i = 0; i < 32; i++) digest.push((state[i >> 2] >>> (24 - 8 * (i & 3))) & 255);
    return digest;
  }

  function isPrime(n) {
    for (var d = 2; d * d <= n; d++) if (n % d === 0) return false;
    return true;
  }

  function fraction(number) {
    return ((number - Math.floor(number)) * 0x100000000) | 0;
  }

  function turn(word, bits) {
    return (word >>> bits) | (word << (32 - bits));
  }
})();
