// The least a Worker can do for an event: take the body, answer 204.
export default {
  async fetch(request) {
    await request.text();
    return new Response(null, { status: 204 });
  },
};
