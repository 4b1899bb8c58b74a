// A real OpenID provider for the tests: anybody may sign in by any name, and it tells what the name asks for.
//
//   node serve.js PORT STUDIO      STUDIO: the address of the studio whose members come in through it
//
// A name that begins with `unproved-` has an e-mail that nobody verified; one that begins with `mute-` has none.
import { Provider } from 'oidc-provider';

const [port, studio] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients: [{
    client_id: 'studio',
    client_secret: 'a secret between the two',
    redirect_uris: [`${studio}/sign-in/with/corner/return`],
    post_logout_redirect_uris: [`${studio}/`],
    backchannel_logout_uri: `${studio}/sign-in/with/corner/sign-out`,
    backchannel_logout_session_required: true,
  }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  cookies: { keys: ['for tests only'] },
  features: { backchannelLogout: { enabled: true }, devInteractions: { enabled: true } },
  // its own way refuses private addresses, and the studio is on this machine
  fetch: (url, { dispatcher, ...options }) => fetch(url, options),
  pkce: { required: () => true },
  async findAccount(_ctx, id) {
    return {
      accountId: id,
      async claims() {
        const email = id.startsWith('mute-') ? {} : { email: `${id}@example.org`, email_verified: !id.startsWith('unproved-') };
        return { sub: id, name: id, ...email };
      },
    };
  },
});
provider.on('server_error', (_ctx, error) => console.error(error));
provider.on('backchannel.error', (_ctx, error) => console.error(error));
provider.listen(Number(port), '127.0.0.1', () => console.log('listening'));
