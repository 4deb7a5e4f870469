{% load static %}// Without a connection a page is answered by one that says so.  Nothing else is kept.

const PAGE = "{% url 'offline' %}";
const FILES = [PAGE, "{% static 'vendor/pico/pico.classless.min.css' %}", "{% static 'site.css' %}"];
const KEPT = FILES.join();

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const stale = (names) => Promise.all(names.filter((name) => name !== KEPT).map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(stale));
});

self.addEventListener("fetch", (event) => {
  const { mode, url, method } = event.request;
  if (method !== "GET") return;
  if (mode === "navigate") event.respondWith(fetch(event.request).catch(() => caches.match(PAGE)));
  else if (FILES.includes(new URL(url).pathname)) event.respondWith(fetch(event.request).catch(() => caches.match(url)));
});
