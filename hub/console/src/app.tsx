import { lazy, Suspense, useCallback, useEffect, useRef, useState } from 'react';
import { Link, Redirect, Route, Router, Switch, useLocation } from 'wouter';
import { useHashLocation } from 'wouter/use-hash-location';
import { useLive } from './live.js';
import { Palette } from './palette.js';
import { useMay, useSession } from './session.js';
import { Guard, Page } from './ui.js';

const Overview = lazy(() => import('./admin/overview.js'));
const Servers = lazy(() => import('./servers/servers.js'));
const AddServer = lazy(() => import('./servers/add.js'));
const ServerPage = lazy(() => import('./servers/server.js'));
const Tools = lazy(() => import('./servers/tools.js'));
const ToolPage = lazy(() => import('./servers/tool.js'));
const Devices = lazy(() => import('./sites/devices.js'));
const DevicePage = lazy(() => import('./sites/device.js'));
const Clusters = lazy(() => import('./sites/kubernetes.js'));
const ClusterPage = lazy(async () => ({ default: (await import('./sites/kubernetes.js')).ClusterPage }));
const NamespacePage = lazy(async () => ({ default: (await import('./sites/kubernetes.js')).NamespacePage }));
const DeploymentPage = lazy(() => import('./sites/deployment.js'));
const PodPage = lazy(() => import('./sites/pod.js'));
const Docker = lazy(() => import('./sites/docker.js'));
const DockerHost = lazy(async () => ({ default: (await import('./sites/docker.js')).HostPage }));
const ContainerPage = lazy(() => import('./sites/container.js'));
const Work = lazy(() => import('./work/work.js'));
const RunPage = lazy(() => import('./work/run.js'));
const JobPage = lazy(() => import('./work/job.js'));
const DefinitionPage = lazy(() => import('./work/definition.js'));
const WorkflowPage = lazy(() => import('./work/workflow.js'));
const People = lazy(() => import('./admin/people.js'));
const WebhookPage = lazy(async () => ({ default: (await import('./admin/webhooks.js')).WebhookPage }));
const Settings = lazy(() => import('./admin/settings.js'));
const Alerts = lazy(() => import('./admin/alerts.js'));
const Audit = lazy(() => import('./admin/audit.js'));
const Events = lazy(() => import('./admin/events.js'));

/** The pages, in the order of the navigation, and the permission that each needs. */
const pages = [
  { path: '/', title: 'Overview', permission: 'monitor.read' },
  { path: '/servers', title: 'Servers', permission: 'server.read' },
  { path: '/tools', title: 'Tools', permission: 'tool.read' },
  { path: '/docker', title: 'Docker', permission: 'docker.read' },
  { path: '/kubernetes', title: 'Kubernetes', permission: 'cluster.read' },
  { path: '/devices', title: 'Devices', permission: 'device.read' },
  { path: '/work', title: 'Work', permission: 'job.read' },
  { path: '/alerts', title: 'Alerts', permission: 'alert.read' },
  { path: '/events', title: 'Events', permission: 'event.read' },
  { path: '/audit', title: 'Audit', permission: 'audit.read' },
  { path: '/people', title: 'People and keys', permission: 'webhook.manage' },
  { path: '/settings', title: 'Settings', permission: 'monitor.read' },
] as const;

/** The pages behind the sign-in. Their addresses follow `#`, so the console needs only one page of the hub, below any path. */
export function App() {
  return (
    <Router hook={useHashLocation}>
      <Frame />
    </Router>
  );
}

function Frame() {
  useLive();
  const may = useMay();
  const { session, signOut } = useSession();
  const [path] = useLocation();
  const isCurrent = (own: string) => (own === '/' ? path === '/' : path.startsWith(own));
  return (
    <div className="frame">
      <button type="button" className="skip" onClick={() => document.querySelector<HTMLElement>('h1')?.focus()}>
        Skip to content
      </button>
      <header className="top">
        <strong>Roundhouse</strong>
        <nav aria-label="Pages">
          {pages
            .filter(({ permission }) => may(permission))
            .map(({ path: own, title }) => (
              <Link key={own} href={own} aria-current={isCurrent(own) ? 'page' : undefined}>
                {title}
              </Link>
            ))}
        </nav>
        <div className="who">
          <span>
            {session.user.name} <small>({session.user.role})</small>
          </span>
          <PaletteButton />
          <ThemeButton />
          <button type="button" onClick={() => void signOut()}>
            Sign out
          </button>
        </div>
      </header>
      <Guard key={path}>
        <Suspense fallback={<p className="page">Loading …</p>}>
          <Switch>
            <Route path="/" component={Overview} />
            <Route path="/servers" component={Servers} />
            <Route path="/add/:part?">{({ part }) => <AddServer part={part} />}</Route>
            <Route path="/servers/:id">{({ id }) => <ServerPage key={id} id={id} />}</Route>
            <Route path="/tools" component={Tools} />
            <Route path="/tools/:server/:name">
              {({ server, name }) => (
                <ToolPage key={`${server}/${name}`} server={server} name={decodeURIComponent(name)} />
              )}
            </Route>
            <Route path="/work/runs/:id">{({ id }) => <RunPage key={id} id={id} />}</Route>
            <Route path="/work/jobs/:id">{({ id }) => <JobPage key={id} id={id} />}</Route>
            <Route path="/work/workflows/:name">
              {({ name }) => <WorkflowPage key={name} name={decodeURIComponent(name)} />}
            </Route>
            <Route path="/work/definitions/:id">{({ id }) => <DefinitionPage key={id} id={id} />}</Route>
            <Route path="/work/:part?">{({ part }) => <Work part={part} />}</Route>
            <Route path="/people/webhooks/:id">{({ id }) => <WebhookPage key={id} id={id} />}</Route>
            <Route path="/people/:part?">{({ part }) => <People part={part} />}</Route>
            <Route path="/kubernetes" component={Clusters} />
            <Route path="/kubernetes/:cluster">
              {({ cluster }) => <ClusterPage key={cluster} cluster={cluster} />}
            </Route>
            <Route path="/kubernetes/:cluster/:namespace/deployments/:name">
              {(place) => <DeploymentPage {...place} />}
            </Route>
            <Route path="/kubernetes/:cluster/:namespace/pods/:name/:part?">{(place) => <PodPage {...place} />}</Route>
            <Route path="/kubernetes/:cluster/:namespace/:part?">{(place) => <NamespacePage {...place} />}</Route>
            <Route path="/docker" component={Docker} />
            <Route path="/docker/:host/containers/:name/:part?">
              {({ host, name, part }) => (
                <ContainerPage key={`${host}/${name}`} host={host} name={decodeURIComponent(name)} part={part} />
              )}
            </Route>
            <Route path="/docker/:host/:part?">
              {({ host, part }) => <DockerHost key={host} host={host} part={part} />}
            </Route>
            <Route path="/devices" component={Devices} />
            <Route path="/devices/:id">{({ id }) => <DevicePage key={id} id={id} />}</Route>
            <Route path="/settings" component={Settings} />
            <Route path="/alerts" component={Alerts} />
            <Route path="/events" component={Events} />
            {may('audit.read') && <Route path="/audit" component={Audit} />}
            <Route path="/audit">
              <Redirect to="/" />
            </Route>
            <Route>
              <Page title="No such page">
                <p>
                  There is no page at this address. <Link href="/">Go to the overview</Link>.
                </p>
              </Page>
            </Route>
          </Switch>
        </Suspense>
      </Guard>
    </div>
  );
}

/** Opens the command palette; Ctrl-K and Cmd-K do so on every page. */
function PaletteButton() {
  const may = useMay();
  const [isOpen, setOpen] = useState(false);
  const close = useCallback(() => setOpen(false), []);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey) return;
      event.preventDefault();
      // The sign-in may cover the pages.
      if (!button.current?.closest('[inert]')) setOpen(true);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  return (
    <>
      <button type="button" ref={button} aria-keyshortcuts="Control+K Meta+K" onClick={() => setOpen(true)}>
        Find
      </button>
      {isOpen && <Palette pages={pages.filter(({ permission }) => may(permission))} onClose={close} />}
    </>
  );
}

const THEME = 'roundhouse-theme';

/** Switches between dark and light. Until then the theme is that of the browser. */
function ThemeButton() {
  const [theme, setTheme] = useState(() => localStorage.getItem(THEME) ?? '');
  const isDark = theme === '' ? matchMedia('(prefers-color-scheme: dark)').matches : theme === 'dark';
  useEffect(() => {
    if (theme === '') return;
    document.documentElement.dataset.theme = theme;
    localStorage.setItem(THEME, theme);
  }, [theme]);
  return (
    <button type="button" onClick={() => setTheme(isDark ? 'light' : 'dark')}>
      {isDark ? 'Light theme' : 'Dark theme'}
    </button>
  );
}
