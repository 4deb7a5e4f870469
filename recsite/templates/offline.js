{% load static %}// The service worker: shows the offline page when there is no connection. It caches nothing else.

const PAGE = "{% url 'offline' %}";
const FILES = [PAGE, "{% static 'vendor/pico/pico.classless.min.css' %}", "{% static 'site.css' %}"];
const CACHE = FILES.join();

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const stale = (names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(stale));
});

self.addEventListener("fetch", (event) => {
  const { mode, url, method } = event.request;
  if (method !== "GET") return;
  if (mode === "navigate") event.respondWith(fetch(event.request).catch(() => caches.match(PAGE)));
  else if (FILES.includes(new URL(url).pathname)) event.respondWith(fetch(event.request).catch(() => caches.match(url)));
});
