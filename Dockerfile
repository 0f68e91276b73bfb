# syntax=docker/dockerfile:1

# Builds dist/ with everything that building needs, then throws all of it away.
FROM node:24-alpine AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages/guard/package.json packages/guard/
# Without scripts: the image has its own Node, and dist/ is built below.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY packages packages
COPY schema schema
COPY src src
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24-alpine
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000 DATA_DIR=/data
WORKDIR /app
COPY --from=build --chown=root:root /app/package.json ./
COPY --from=build --chown=root:root /app/node_modules node_modules
# node_modules/@fieldgate/guard is a link to this folder.
COPY --from=build --chown=root:root /app/packages/guard/package.json packages/guard/
COPY --from=build --chown=root:root /app/packages/guard/dist packages/guard/dist
COPY --from=build --chown=root:root /app/schema schema
COPY --from=build --chown=root:root /app/dist dist
# The only place the server writes to, and only where DATABASE_URL is unset.
RUN install -d -o node -g node -m 700 /data && ln -s /app/dist/cli.js /usr/local/bin/fieldgate && chmod +x /app/dist/cli.js
VOLUME /data
USER node
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD node -e "require(process.env.TLS_CERT ? 'https' : 'http').get({ host: '127.0.0.1', port: process.env.PORT, path: '/health', rejectUnauthorized: false }, (r) => process.exit(r.statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"
CMD ["node", "dist/main.js"]
